import type { Jid } from '../../../jid/jid.ts'
import type { ModuleContext } from '../../../module/context.ts'
import { domainRemoved, personalData, userRemoved } from '../../../router/events.ts'
import { pushDone } from '../../../router/notes.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import type { Unacknowledged } from '../api.ts'
import { type Backend, courierFor, type Surroundings } from '../backend.ts'
import { type PushOptions, pushPlugins } from '../options.ts'
import { fieldsOf, isNotable } from './notification.ts'
import { Notifier } from './notifier.ts'
import { PushRegistry } from './registry.ts'
import { answerRequests } from './requests.ts'
import { PushStore, type PushTables } from './store.ts'
import { type Enabled, enabledService, keyOf } from './subscription.ts'

/** A message that somebody is to be notified of. */
interface Notable {
  readonly account: Jid
  readonly stanza: Stanza
  /** The one service to be told, by its key; all of them without it. */
  readonly only?: string
}

/** How many subscriptions are looked up at a time. */
const lookups = 50

/** Push notifications, with what has to be noted at messages that wait for a lost connection. */
export interface PushBackend extends Backend {
  mark(event: Unacknowledged): Stanza
}

/** Tells of unread messages in a conversation; undefined where nobody counts them. */
export type UnreadCount = (account: Jid, peer: Jid) => Promise<number> | undefined

export function openPush(
  options: PushOptions,
  context: Surroundings & Pick<ModuleContext<unknown, PushTables>, 'on' | 'db' | 'sessions' | 'iq'>,
  unread: UnreadCount,
): PushBackend {
  const { on, db, sessions, clock } = context
  const plugin = pushPlugins[options.plugin_module]
  const registry = new PushRegistry(new PushStore(db), sessions, () => clock.now())
  const notifier = new Notifier(options, registry, context)
  answerRequests(context, registry, options.max_subscriptions)

  on(userRemoved, 'forget', ({ user }) => registry.forget(user))
  on(domainRemoved, 'forget', ({ domain }) => registry.forgetDomain(domain))
  on(personalData, 'collect', async ({ user }) => {
    const rows = (await registry.of(user)).map(({ jid, node, options = {} }) => ({
      ...{ service: jid.full, node },
      options: JSON.stringify(options),
    }))
    return { name: 'push', rows }
  })

  const courier = courierFor<Notable>(
    'push_lookup',
    { workers: lookups, mostHeld: options.max_queue_len, retryFor: 0, deliver: notify },
    context,
  )

  async function notify({ account, stanza, only }: Notable): Promise<void> {
    const done = stanza.get(pushDone) ?? []
    const all = await registry.of(account)
    const told = all.filter((each) => !done.includes(keyOf(each)) && (only === undefined || only === keyOf(each)))
    if (told.length === 0) return
    const count = (stanza.from === undefined ? undefined : await unread(account, stanza.from.bare)) ?? 1
    const fields = fieldsOf(stanza, account, Math.max(count, 1), options)
    for (const each of told) notifier.notify(account, each, fields)
  }

  /** The service that is told at once of what its client has not acknowledged. */
  const toldAtOnce = ({ session, stanza }: Unacknowledged): Enabled | undefined =>
    plugin !== 'defaults' && isNotable(stanza, plugin) ? session.get(enabledService) : undefined

  return {
    mark: (event) => {
      const enabled = toldAtOnce(event)
      const { stanza } = event
      return enabled === undefined ? stanza : stanza.with(pushDone, [...(stanza.get(pushDone) ?? []), keyOf(enabled)])
    },
    take: ({ event }) => {
      if (event.kind === 'user_status' || (event.kind === 'chat' && event.direction === 'in')) return
      const { stanza } = event
      if (event.kind === 'unacknowledged') {
        const enabled = toldAtOnce(event)
        if (enabled !== undefined) courier.put({ account: event.session.jid.bare, stanza, only: keyOf(enabled) })
        return
      }
      const account = event.to.bare
      const isReachable = sessions.of(account).some((session) => session.takesMessages)
      if (!isReachable && isNotable(stanza, plugin)) courier.put({ account, stanza })
    },
  }
}
