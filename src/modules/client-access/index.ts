import { msOf } from '../../config/option.ts'
import { defineModule, tables } from '../../module/define.ts'
import {
  domainRemoved,
  passwordChanged,
  personalData,
  sessionDetaches,
  sessionEnds,
  sessionOpens,
  sessionResumes,
  userRemoved,
} from '../../router/events.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { ClientDesk } from './client-desk.ts'
import { cam, keyOf } from './clients.ts'
import { options } from './options.ts'
import { type ClientRecord, ClientStore, type ClientTables, migrations } from './store.ts'

const dayMs = 86_400_000

export default defineModule({
  name: 'mod_client_access',
  about: 'Shows users which clients have access to their account, and takes it from them.',
  xeps: [{ xep: 494, version: '0.1.0' }],
  options,
  tables: tables<ClientTables>(),
  migrations,
  setup(context) {
    const { host, iq, on, sessions, clock, options, every } = context
    const store = new ClientStore(context.db)
    const desk = new ClientDesk(store, context)
    on(sessionOpens, 'late', ({ session }) => desk.saw(session))
    on(sessionResumes, 'late', ({ session }) => desk.saw(session))
    on(sessionDetaches, 'late', ({ session }) => desk.left(session))
    on(sessionEnds, 'late', ({ session }) => desk.left(session))

    iq.account('get', cam, 'list', ({ from }) => desk.list(from.bare))
    iq.account('set', cam, 'revoke', ({ from, payload }, asker) => desk.revoke(from.bare, payload.attr('id'), asker))

    every(dayMs, () => {
      const [now, keep] = [clock.now(), msOf(options.keep)]
      // Who is there for a long time is no less there.
      for (const session of sessions.all()) if (session.startedAt < now - keep / 2) desk.left(session)
      for (const domain of host.domains) desk.attempt(store.purge(domain, now - keep))
    })
    on(passwordChanged, 'main', ({ user, by }) =>
      store.passwordChanged(user, by && keyOf(by), [...sessions.of(user)].map(keyOf)),
    )
    on(userRemoved, 'forget', ({ user }) => store.forget(user))
    on(domainRemoved, 'forget', ({ domain }) => store.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }) => ({ name: 'clients', rows: (await store.list(user)).map(rowOf) }))
  },
})

function rowOf({ software, device, firstSeen, lastSeen }: ClientRecord) {
  return { software, device, first_seen: formatTimestamp(firstSeen), last_seen: formatTimestamp(lastSeen) }
}
