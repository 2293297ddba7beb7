import { defineModule, tables } from '../../module/define.ts'
import {
  domainAdded,
  domainRemoved,
  personalData,
  sessionDetaches,
  sessionEnds,
  userRemoved,
  userSendsNonza,
} from '../../router/events.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { Clock } from '../../util/clock.ts'
import { StreamDesk } from './desk.ts'
import { NS } from './nonza.ts'
import { options } from './options.ts'
import { Registry } from './registry.ts'
import { restoreDomain, restoreSessions } from './restore.ts'
import { joinSignIn } from './sign-in.ts'
import { SilenceWatch } from './silence.ts'
import { Spool } from './spool.ts'
import { StaleCounts } from './stale-counts.ts'
import { migrations, type StreamManagementTables, StreamStore } from './store.ts'

/** One for each database: what is kept for a recipient and what its sender is told is written together, whatever their hosts. */
const spools = new WeakMap<object, Spool>()

function spoolOf(key: object, store: StreamStore, clock: Clock, onFailure: (error: unknown) => void): Spool {
  const known = spools.get(key) ?? new Spool(store, clock, onFailure)
  spools.set(key, known)
  return known
}

export default defineModule({
  name: 'mod_stream_management',
  about: 'Acknowledges stanzas, and lets clients that have lost their connection go on where they were.',
  xeps: [{ xep: 198, version: '1.6.3' }],
  options,
  tables: tables<StreamManagementTables>(),
  migrations,
  async setup({ host, db, on, options, clock, log, metrics, every, onStop }) {
    const store = new StreamStore(db)
    const onFailure = (error: unknown) => log.error({ what: 'spool_failed', reason: error })
    const spool = spoolOf(db, store, clock, onFailure)
    const registry = new Registry({ options, clock, db, store, spool, log })
    const stale = new StaleCounts(options.stale_h, clock)
    const desk = new StreamDesk(registry, stale)
    const resumptions = metrics.counter('mod_stream_management_resumed_count', 'Sessions resumed', ['outcome'])

    on(userSendsNonza, 'main', ({ session, element }) => {
      if (element.ns !== NS) return undefined
      desk.take(session, element)
      return 'handled' as const
    })
    joinSignIn(on, desk, (outcome) => resumptions.with({ outcome }).inc())
    on(sessionDetaches, 'late', ({ session }) => desk.detached(session))
    on(sessionEnds, 'late', ({ session, reason }) => desk.ended(session, reason))
    on(userRemoved, 'forget', async ({ user }) => {
      stale.forgetUser(user)
      await spool.flush()
      await store.forgetUser(user)
    })
    on(domainRemoved, 'forget', async ({ domain }) => {
      stale.forgetDomain(domain)
      await spool.flush()
      await store.forgetDomain(domain)
    })
    on(personalData, 'collect', async ({ user }) => {
      await spool.flush()
      return { name: 'stream_management', rows: await store.exported(user) }
    })
    if (options.stale_h.enabled) {
      every(options.stale_h.repeat_after * 1000, () => {
        const before = stale.tidy()
        for (const domain of host.domains) store.forgetEnded(domain, before).catch(onFailure)
      })
    }
    if (Number.isFinite(options.ack_timeout)) {
      const silence = new SilenceWatch(options.ack_timeout * 1000)
      every(options.ack_timeout * 250, () => {
        for (const keeper of silence.overdue(registry.all(), clock.now())) {
          keeper.breakOff(new StreamError('connection-timeout', 'Not acknowledged'))
        }
      })
    }
    onStop(
      db.onHealth((health) => {
        if (health === 'troubled') for (const { outbox } of registry.all()) outbox.release()
      }),
    )
    const parts = { host, store, registry, desk, stale }
    on(domainAdded, 'main', ({ domain }) => restoreDomain(domain, parts))
    await restoreSessions(parts)
    onStop(async () => {
      // Only where the module goes and the server stays: who stops with it has been saved.
      for (const { session } of registry.all()) {
        const { link } = session
        void session.end({ kind: 'lost' })
        link.close(new StreamError('reset', 'Stream management is switched off'))
      }
      await spool.flush()
    })
  },
})
