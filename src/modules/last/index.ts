import { z } from 'zod'
import { dataBackend, noEffect } from '../../config/option.ts'
import type { Jid } from '../../jid/jid.ts'
import { defineModule, tables } from '../../module/define.ts'
import { measured } from '../../observe/measured.ts'
import { type AccountReceives, accountReceives, domainRemoved, personalData, userRemoved } from '../../router/events.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import { type Element, el } from '../../xml/element.ts'
import { presenceWithdrawn } from '../presence/api.ts'
import { rosterApi } from '../roster/api.ts'
import { lastApi } from './api.ts'
import { lastCommands } from './commands.ts'
import { LastRecords } from './records.ts'
import { LastStore, type LastTables, migrations } from './store.ts'

const NS = 'jabber:iq:last'

export default defineModule({
  name: 'mod_last',
  about: 'Tells how long somebody has been away, and how long the server has been up.',
  xeps: [{ xep: 12, version: '2.0' }],
  inCluster: true,
  options: z.strictObject({
    backend: dataBackend('mnesia', 'rdbms', 'riak'),
    riak: noEffect(z.looseObject({}), 'data is kept in the database of the server'),
  }),
  needs: ['mod_roster', 'mod_presence'],
  tables: tables<LastTables>(),
  migrations,
  commands: lastCommands,
  setup({ host, iq, on, db, use, provide, clock, sessions, router, metrics }) {
    const store = measured(metrics, 'mod_last_backend', new LastStore(db))
    const rosters = use(rosterApi)
    const startedAt = clock.now()

    /** The user itself, and those who may see the user's presence (XEP-0012 §4). */
    const isAllowed = (account: Jid, asker: Jid): Eventually<boolean> =>
      account.bareString === asker.bareString ||
      afterwards(rosters.load(account), (roster) => roster.stateOf(asker).from)

    provide(lastApi, new LastRecords(host, store, isAllowed))

    async function lastOf(account: Jid): Promise<Element> {
      if (sessions.of(account).length > 0) return el('query', NS, { seconds: '0' })
      const last = await store.get(account)
      if (last === undefined) throw new StanzaError('service-unavailable')
      return el('query', NS, { seconds: elapsed(last.at) }, last.status === '' ? undefined : last.status)
    }

    const elapsed = (since: number) => String(Math.max(0, Math.floor((clock.now() - since) / 1000)))

    iq.server('get', NS, 'query', () => el('query', NS, { seconds: elapsed(startedAt) }))
    iq.account.open('get', NS, 'query', async ({ from, to }) => {
      if (!(await isAllowed(to, from))) throw new StanzaError('forbidden')
      return lastOf(to)
    })

    /** A question to a client goes there only from those who might ask the server too. */
    function guard({ account, stanza }: AccountReceives): Eventually<'handled' | undefined> {
      if (stanza.kind !== 'iq' || stanza.type !== 'get' || !stanza.has('query', NS)) return undefined
      return afterwards(stanza.from === undefined || isAllowed(account, stanza.from), (isFine) => {
        if (isFine) return undefined
        router.bounce(stanza, 'forbidden')
        return 'handled' as const
      })
    }
    on(accountReceives, 'guard', guard)

    on(presenceWithdrawn, 'main', ({ session, farewell }) =>
      store.put(session.jid, { at: clock.now(), status: farewell?.child('status')?.text() ?? '' }),
    )
    on(userRemoved, 'forget', ({ user }) => store.forget(user))
    on(domainRemoved, 'forget', ({ domain }) => store.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }) => {
      const last = await store.get(user)
      if (last === undefined) return undefined
      return { name: 'last', rows: [{ timestamp: formatTimestamp(last.at), status: last.status }] }
    })
  },
})
