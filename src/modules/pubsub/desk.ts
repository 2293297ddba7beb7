import type { Counter, Histogram, Metrics } from '../../observe/metrics.ts'
import type { IqRequest } from '../../router/iq-registry.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Element } from '../../xml/element.ts'
import { type PersonalNodeChanged, personalNodeChanged } from './api.ts'
import { PS } from './core/namespaces.ts'
import { type Ask, type Engine, nodeNameOf, type Place } from './engine.ts'
import { ItemDesk } from './item-desk.ts'
import { NodeDesk } from './node-desk.ts'
import { OwnerDesk } from './owner-desk.ts'
import { PublishDesk } from './publish-desk.ts'
import { SubscribeDesk } from './subscribe-desk.ts'

type Handler = (ask: Ask) => Promise<Element | undefined> | Element

/** Answers requests about pubsub, wherever they have come to. */
export class PubsubDesk {
  readonly nodeDesk: NodeDesk
  readonly publishDesk: PublishDesk
  readonly #engine: Engine
  readonly #handlers: Readonly<Record<string, Handler>>
  readonly #watch: RequestWatch

  constructor(engine: Engine, metrics: Metrics) {
    this.#engine = engine
    this.#watch = new RequestWatch(metrics)
    this.nodeDesk = new NodeDesk(engine)
    this.publishDesk = new PublishDesk(engine, this.nodeDesk)
    this.#handlers = this.#handlersOf(new SubscribeDesk(engine), new ItemDesk(engine), new OwnerDesk(engine))
  }

  #handlersOf(subscribers: SubscribeDesk, items: ItemDesk, owners: OwnerDesk): Readonly<Record<string, Handler>> {
    const { nodeDesk, publishDesk } = this
    return {
      'set create': (ask) => nodeDesk.create(ask),
      'set publish': async (ask) => {
        const { answer, published } = await publishDesk.publish(ask)
        await this.#changed(ask, { id: published.item.id, payload: ask.action.child('item')?.elements()[0] })
        return answer
      },
      'set retract': async (ask) => {
        const { id } = await publishDesk.retract(ask)
        await this.#changed(ask, { id, payload: undefined })
        return undefined
      },
      'set subscribe': (ask) => subscribers.subscribe(ask),
      'set unsubscribe': nothing((ask) => subscribers.unsubscribe(ask)),
      'set options': nothing((ask) => subscribers.setOptions(ask)),
      'get options': (ask) => subscribers.options(ask),
      'get default': () => subscribers.default(),
      'get items': (ask) => items.items(ask),
      'get subscriptions': (ask) => subscribers.subscriptions(ask),
      'get affiliations': (ask) => subscribers.affiliations(ask),
      'get owner default': (ask) => nodeDesk.default(ask),
      'get owner configure': (ask) => nodeDesk.configuration(ask),
      'set owner configure': nothing((ask) => nodeDesk.configure(ask)),
      'set owner delete': nothing(async (ask) => {
        await nodeDesk.delete(ask)
        await this.#changed(ask, { id: undefined, payload: undefined })
      }),
      'set owner purge': nothing(async (ask) => {
        await nodeDesk.purge(ask)
        await this.#changed(ask, { id: undefined, payload: undefined })
      }),
      'get owner subscriptions': (ask) => owners.subscriptions(ask),
      'set owner subscriptions': nothing((ask) => owners.setSubscriptions(ask)),
      'get owner affiliations': (ask) => owners.affiliations(ask),
      'set owner affiliations': nothing((ask) => owners.setAffiliations(ask)),
    }
  }

  /** Throws StanzaError. */
  async answer(at: Place, { type, from, payload }: IqRequest): Promise<Element | undefined> {
    const [action] = payload.elements()
    if (action === undefined) throw new StanzaError('bad-request')
    const name = `${type} ${payload.ns === PS.owner ? 'owner ' : ''}${action.name}`
    const handler = action.ns === payload.ns && Object.hasOwn(this.#handlers, name) ? this.#handlers[name] : undefined
    if (handler === undefined) throw new StanzaError(at.isLight ? 'bad-request' : 'feature-not-implemented')
    return this.#watch.run(`${type}_${action.name}`, this.#engine.host.clock.now, async () =>
      handler({ at, from, action, pubsub: payload }),
    )
  }

  /** Settles when what follows from it has been done. */
  async #changed(ask: Ask, what: Pick<PersonalNodeChanged, 'id' | 'payload'>): Promise<void> {
    const { host } = this.#engine
    if (!ask.at.isPersonal || !host.hooks.has(personalNodeChanged)) return
    await host.hooks.run(personalNodeChanged, { host, account: ask.at.jid, node: nodeNameOf(ask), ...what })
  }
}

function nothing(run: (ask: Ask) => Promise<void>): Handler {
  return async (ask) => {
    await run(ask)
    return undefined
  }
}

/** What is counted of the requests for one thing. */
interface Meters {
  readonly count: Counter
  readonly errors: Counter
  readonly time: Histogram
}

/** Counts requests by what they ask for. */
class RequestWatch {
  readonly #make: (action: string) => Meters
  readonly #meters = new Map<string, Meters>()

  constructor(metrics: Metrics) {
    const counts = metrics.counter('mod_pubsub_request_count', 'Requests about pubsub', ['action'])
    const errors = metrics.counter('mod_pubsub_error_count', 'Requests about pubsub that were refused', ['action'])
    const times = metrics.histogram('mod_pubsub_time', 'Time of requests about pubsub, in microseconds', ['action'])
    this.#make = (action) => ({
      count: counts.with({ action }),
      errors: errors.with({ action }),
      time: times.with({ action }),
    })
  }

  async run<T>(action: string, now: () => number, work: () => Promise<T>): Promise<T> {
    const meters = this.#metersOf(action)
    const begun = now()
    meters.count.inc()
    try {
      const answer = await work()
      meters.time.observe((now() - begun) * 1000)
      return answer
    } catch (error) {
      meters.errors.inc()
      throw error
    }
  }

  #metersOf(action: string): Meters {
    let meters = this.#meters.get(action)
    if (meters === undefined) {
      meters = this.#make(action)
      this.#meters.set(action, meters)
    }
    return meters
  }
}
