import { z } from 'zod'
import { dataBackend } from '../../config/option.ts'
import { defineModule, tables } from '../../module/define.ts'
import { measured } from '../../observe/measured.ts'
import { domainRemoved, personalData, userRemoved } from '../../router/events.ts'
import { kick } from '../../router/kick.ts'
import { userEnters } from '../../router/sign-in-events.ts'
import { blocklistApi } from './api.ts'
import { blocklistCommands } from './commands.ts'
import { BlocklistStore, type BlocklistTables, migrations } from './store.ts'

export default defineModule({
  name: 'mod_blocklist',
  about: 'Lets administrators bar accounts from signing in.',
  xeps: [],
  inCluster: true,
  options: z.strictObject({ backend: dataBackend('rdbms') }),
  tables: tables<BlocklistTables>(),
  migrations,
  commands: blocklistCommands,
  setup({ db, on, provide, accounts, sessions, log, metrics }) {
    const store = measured(metrics, 'mod_blocklist_backend', new BlocklistStore(db))
    const denied = metrics.counter('mod_blocklist_denied_count', 'Barred users who were not let in')

    on(userEnters, 'check', async ({ user }) => {
      const barred = await store.get(user)
      if (barred === undefined) return undefined
      denied.inc()
      log.info({ what: 'barred_user_denied', jid: user.full })
      return { condition: 'account-disabled', ...(barred.reason === undefined ? {} : { text: barred.reason }) } as const
    })

    provide(blocklistApi, {
      async add(user, reason) {
        if (!(await accounts.exists(user))) return false
        await store.put(user, reason)
        // Who was looked up just before has its session by the time that a later question is answered.
        await store.get(user)
        await Promise.all(sessions.of(user).map((session) => kick(session, reason ?? 'Kicked by administrator')))
        return true
      },
      remove: (user) => store.remove(user),
      count: (domain) => store.count(domain),
      list: (domain, part) => store.list(domain, part),
    })

    on(userRemoved, 'forget', async ({ user }) => {
      await store.remove(user)
    })
    on(domainRemoved, 'forget', ({ domain }) => store.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }) => {
      const barred = await store.get(user)
      return barred === undefined ? undefined : { name: 'blocklist', rows: [{ reason: barred.reason ?? '' }] }
    })
  },
})
