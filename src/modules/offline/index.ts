import { z } from 'zod'
import { dataBackend, noEffect } from '../../config/option.ts'
import { defineModule, tables } from '../../module/define.ts'
import { measured } from '../../observe/measured.ts'
import {
  domainRemoved,
  exportsUser,
  importsUser,
  offline,
  personalData,
  sessionAvailable,
  storageForecast,
  userRemoved,
} from '../../router/events.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import { afterwards } from '../../util/settled.ts'
import { discoInfo } from '../disco/api.ts'
import { offlineApi } from './api.ts'
import { offlineCommands } from './commands.ts'
import { isStorable, offlineEvent } from './criteria.ts'
import { watchOtherNodes } from './other-nodes.ts'
import { messageFrom, waiting } from './portable.ts'
import { OfflinePurge } from './purge.ts'
import { OfflineQueue, rememberedCounts } from './queue.ts'
import { migrations, OfflineStore, type OfflineTables } from './store.ts'

const feature = 'msgoffline'
const day = 86_400_000

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
  inCluster: true,
  options: z.strictObject({
    backend: dataBackend('mnesia', 'cets', 'rdbms', 'riak'),
    riak: noEffect(z.looseObject({}), 'data is kept in the database of the server'),
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
  commands: offlineCommands,
  setup({ host, db, on, options, clock, router, metrics, every, onStop, provide, log, limitReached }) {
    const store = measured(metrics, 'mod_offline_backend', new OfflineStore(db))
    const others = watchOtherNodes({
      ...{ host, queue: () => queue },
      onFailure: (error) => log.error({ what: 'offline_delivery_failed', reason: error }),
    })
    onStop(() => others.end())
    const queue = new OfflineQueue({
      ...{ store, clock, limitReached },
      limitOf: (account) =>
        host.access.limit(options.access_max_user_messages, account, account.domain, Number.POSITIVE_INFINITY),
      // Other nodes store messages too.
      ...(host.cluster.isShared ? { remembered: 0, onStored: others.stored } : { remembered: rememberedCounts }),
    })

    const purge = new OfflinePurge(
      db,
      () => clock.now(),
      () => queue.recount(),
    )
    provide(offlineApi, purge)
    every(day, () => {
      for (const domain of host.domains) {
        purge.removeExpired(domain).catch((error) => log.error({ what: 'offline_purge_failed', domain, reason: error }))
      }
    })

    const isKept = (stanza: Stanza): boolean =>
      (stanza.type !== 'groupchat' || options.store_groupchat_messages) && isStorable(stanza)

    on(storageForecast, 'main', ({ stanza }) =>
      stanza.type !== 'headline' && stanza.type !== 'error' && isKept(stanza) ? 'offline' : undefined,
    )
    on(offline, 'store', ({ account, stanza }) => {
      if (!isKept(stanza)) return undefined
      mustAccept(db)
      const present = () => host.sessions.of(account).filter((session) => session.takesMessages)
      return afterwards(queue.put(account, stanza, present), () => {
        const event = offlineEvent(account, stanza)
        if (event !== undefined) router.post(event)
        return 'stored' as const
      })
    })
    on(sessionAvailable, 'deliver', ({ session, open }) => queue.deliverTo(session, open))
    on(discoInfo, 'main', ({ node }) => (node === feature ? {} : undefined))
    on(exportsUser, 'main', ({ user }) => queue.exported(user))
    on(importsUser, 'main', async ({ user, element, container, isDryRun }) => {
      if (container === undefined || !container.is(waiting.name, waiting.ns)) return undefined
      const stanza = messageFrom(element, user)
      if (!isDryRun) await queue.import(user, stanza)
      return { kind: 'offline messages', count: 1 }
    })
    on(userRemoved, 'forget', ({ user }) => queue.forget(user))
    on(domainRemoved, 'forget', ({ domain }) => queue.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }) => ({ name: 'offline', rows: await store.exported(user) }))
  },
})
