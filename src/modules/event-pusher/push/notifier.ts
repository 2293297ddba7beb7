import { Jid } from '../../../jid/jid.ts'
import { type PushOutcome, pushNotifications } from '../../../router/push-events.ts'
import { NS } from '../../../stanza/namespaces.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import type { Courier } from '../../../util/courier.ts'
import { courierFor, type Surroundings } from '../backend.ts'
import type { PushOptions } from '../options.ts'
import { type Fields, publication } from './notification.ts'
import type { PushRegistry } from './registry.ts'
import type { Subscription } from './subscription.ts'

/** Questions that one service leaves open; the router allows a few more, which others may need. */
const mostAsked = 40

/** The part of what is held that one service may take up. */
const share = 0.1

interface Job {
  readonly account: Jid
  readonly subscription: Subscription
  readonly fields: Fields
}

/** Hands notifications to services: by IQ, or to push services in the server. What it learns of dead ones is acted on. */
export class Notifier {
  readonly #context: Surroundings
  readonly #virtual: readonly string[]
  readonly #asked: Courier<Job>
  readonly #handed: Courier<Job>

  constructor(options: PushOptions, registry: PushRegistry, context: Surroundings) {
    this.#context = context
    this.#virtual = options.virtual_pubsub_hosts
    const { workers } = options.wpool
    const mostHeld = options.max_queue_len
    const outcomes = context.metrics.counter('mod_event_pusher_push_count', 'Push notifications', ['outcome'])
    const counted = (deliver: (job: Job) => Promise<PushOutcome>) => async (job: Job) => {
      const outcome = await deliver(job)
      outcomes.with({ outcome }).inc()
      if (outcome === 'gone') await registry.disable(job.account, job.subscription)
    }
    const shared = { mostHeld, retryFor: 0 }
    const mostInLane = Math.ceil(mostHeld * share)
    this.#asked = courierFor(
      'push',
      { ...shared, workers: Math.min(workers, mostAsked), mostInLane, deliver: counted((job) => this.#ask(job)) },
      context,
    )
    this.#handed = courierFor(
      'push_service',
      { ...shared, workers, deliver: counted((job) => this.#hand(job)) },
      context,
    )
  }

  /** Never waits. */
  notify(account: Jid, subscription: Subscription, fields: Fields): void {
    const { jid } = subscription
    const isVirtual = this.#virtual.some((pattern) => pattern.replaceAll(/@HOSTS?@/g, account.domain) === jid.domain)
    if (isVirtual) this.#handed.put({ account, subscription, fields })
    else this.#asked.put({ account, subscription, fields }, jid.full)
  }

  async #ask({ account, subscription, fields }: Job): Promise<PushOutcome> {
    const { router, log } = this.#context
    const question = {
      type: 'set',
      from: Jid.parse(account.domain),
      to: subscription.jid,
      payload: publication(subscription, fields),
    } as const
    const answer = await router.ask(question)
    const outcome = answer === 'timeout' ? 'failed' : outcomeIn(answer)
    if (outcome !== 'sent') {
      log.info({ what: 'push_not_taken', user: account.full, service: subscription.jid.full, cause: outcome })
    }
    return outcome
  }

  async #hand({ subscription, fields }: Job): Promise<PushOutcome> {
    const { host, log } = this.#context
    const event = { host, fields, options: subscription.options ?? {} }
    const outcome = await host.hooks.run(pushNotifications, event)
    if (outcome !== undefined) return outcome
    log.error({ what: 'push_service_missing', service: subscription.jid.full })
    return 'failed'
  }
}

/** Errors that others give for a service that is not there at the moment; they say nothing of the registration. */
const unreachable = ['remote-server-not-found', 'service-unavailable']

function outcomeIn(answer: Stanza): PushOutcome {
  if (answer.type !== 'error') return 'sent'
  const error = answer.child('error')
  const isUnreachable = unreachable.some((name) => error?.child(name, NS.stanzaErrors) !== undefined)
  return error?.attr('type') === 'cancel' && !isUnreachable ? 'gone' : 'failed'
}
