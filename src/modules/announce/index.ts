import { z } from 'zod'
import { defineModule, tables } from '../../module/define.ts'
import { measured } from '../../observe/measured.ts'
import { domainRemoved, personalData, sessionAvailable, userRegistered, userRemoved } from '../../router/events.ts'
import { letRun } from '../../util/settled.ts'
import { Announcer } from './announcer.ts'
import { announceApi } from './api.ts'
import { announceCommands } from './commands.ts'
import { AnnounceStore, type AnnounceTables, migrations } from './store.ts'

export default defineModule({
  name: 'mod_announce',
  about: 'Announcements of administrators, a message of the day, and a welcome to new accounts.',
  xeps: [],
  options: z.strictObject({}),
  tables: tables<AnnounceTables>(),
  migrations,
  commands: announceCommands,
  setup({ host, on, db, provide, log, metrics }) {
    const store = measured(metrics, 'mod_announce_backend', new AnnounceStore(db))
    const announcer = new Announcer(host, store)
    provide(announceApi, announcer)
    // Nobody's presence waits for it.
    on(sessionAvailable, 'announce', ({ session }) => {
      letRun(
        () => announcer.greet(session.jid),
        (error) => log.error({ what: 'motd_failed', reason: error }),
      )
    })
    on(userRegistered, 'main', ({ user }) => announcer.welcome(user))
    on(userRemoved, 'forget', ({ user }) => store.forget(user))
    on(domainRemoved, 'forget', ({ domain }) => store.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }) => {
      const version = await store.seenBy(user)
      return version === undefined ? undefined : { name: 'motd', rows: [{ seen: version }] }
    })
  },
})
