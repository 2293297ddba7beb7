import { z } from 'zod'
import { defineModule, tables } from '../../module/define.ts'
import { domainRemoved, offline, personalData, sessionAvailable, userRemoved } from '../../router/events.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import { discoInfo } from '../disco/api.ts'
import { isStorable, offlineEvent } from './criteria.ts'
import { OfflineQueue } from './queue.ts'
import { migrations, OfflineStore, type OfflineTables } from './store.ts'

const feature = 'msgoffline'

export default defineModule({
  name: 'mod_offline',
  about: 'Stores messages for users who are not reachable.',
  xeps: [
    { xep: 160, version: '1.0.1' },
    { xep: 22, version: '1.4' },
    { xep: 23, version: '1.3' },
    { xep: 85, version: '2.1' },
    { xep: 203, version: '2.0' },
  ],
  options: z.strictObject({
    access_max_user_messages: z
      .string()
      .min(1)
      .default('max_user_offline_messages')
      .describe('Access rule that gives the number of messages kept for a user, or `infinity`.')
      .meta({ reload: 'live' }),
    store_groupchat_messages: z
      .boolean()
      .default(false)
      .describe('Store groupchat messages too (of use with MUC Light).')
      .meta({ reload: 'live' }),
  }),
  features: [feature],
  accountFeatures: [feature],
  tables: tables<OfflineTables>(),
  migrations,
  setup({ host, db, on, options, clock, router }) {
    const store = new OfflineStore(db)
    const queue = new OfflineQueue(store, clock, (account) =>
      host.access.limit(options.access_max_user_messages, account, account.domain, Number.POSITIVE_INFINITY),
    )

    on(offline, 'store', async ({ account, stanza }) => {
      if (stanza.type === 'groupchat' && !options.store_groupchat_messages) return undefined
      if (!isStorable(stanza)) return undefined
      mustAccept(db)
      await queue.put(account, stanza, () => host.sessions.of(account).filter((session) => session.takesMessages))
      const event = offlineEvent(account, stanza)
      if (event !== undefined) router.post(event)
      return 'stored' as const
    })
    on(sessionAvailable, 'deliver', ({ session, open }) => queue.deliverTo(session, open))
    on(discoInfo, 'main', ({ node }) => (node === feature ? {} : undefined))
    on(userRemoved, 'forget', ({ user }) => queue.forget(user))
    on(domainRemoved, 'forget', ({ domain }) => queue.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }) => ({ name: 'offline', rows: await store.exported(user) }))
  },
})
