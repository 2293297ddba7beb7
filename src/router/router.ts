import type { Jid } from '../jid/jid.ts'
import type { Stanza } from '../stanza/stanza.ts'
import { type ErrorCondition, StanzaError } from '../stanza/stanza-error.ts'
import type { Clock } from '../util/clock.ts'
import { letRun } from '../util/settled.ts'
import type { Element } from '../xml/element.ts'
import { AccountDelivery } from './account-delivery.ts'
import { domainReceives, filterPacket, type Routed } from './events.ts'
import type { Host } from './host.ts'
import { IqAsker } from './iq-asker.ts'
import { IqDispatcher } from './iq-dispatcher.ts'
import type { IqRegistry } from './iq-registry.ts'
import type { Session } from './session.ts'

/** A domain that a module serves by itself: rooms, pubsub, uploads. */
export interface Service {
  /** Name shown in the list of services. */
  readonly name?: string
  /** Node under which it stands there. */
  readonly node?: string
  /** The hosted domain that it belongs to. */
  readonly parent: string
  /** Whether it belongs to no hosted domain more than to the others. */
  readonly isShared?: boolean
  /** Takes a stanza for any address of the domain. `session`: of a local sender. */
  receive(stanza: Stanza, session?: Session): Promise<void> | undefined
}

/** Told of stanzas that had nowhere to go and of handlers that failed. */
export interface RouterObserver {
  noRoute(stanza: Stanza): void
  /** A module has kept a stanza of a local sender from its way. */
  dropped(host: Host): void
  /** A message is sent back to its sender with an error. */
  bounced(host: Host | undefined): void
  failed(failure: { error: unknown; stanza: Stanza }): void
  /** A stanza that nobody waited for went wrong on its way. */
  lost(failure: { error: unknown; stanza: Stanza }): void
}

/** Decides for every stanza where it goes (core routing table): hosted domain, service, or nowhere. */
export class Router {
  readonly #hosts = new Map<string, Host>()
  readonly #services = new Map<string, Service>()
  readonly #observer: RouterObserver
  readonly #dispatcher: IqDispatcher
  readonly #asker: IqAsker
  readonly #delivery: AccountDelivery
  #elsewhere: ((stanza: Stanza) => void) | undefined

  constructor(clock: Clock, observer: RouterObserver) {
    this.#observer = observer
    this.#asker = new IqAsker(clock)
    this.#dispatcher = new IqDispatcher({
      clock,
      route: (stanza) => this.post(stanza),
      onFailure: (failure) => observer.failed(failure),
    })
    this.#delivery = new AccountDelivery(this, this.#dispatcher)
  }

  /** The host of a domain, or undefined when it is not hosted here. */
  hostOf(domain: string): Host | undefined {
    return this.#hosts.get(domain)
  }

  addHost(host: Host): void {
    for (const domain of host.domains) this.addDomain(domain, host)
  }

  /** Serves a hosted domain from now on. Throws when the domain is taken. */
  addDomain(domain: string, host: Host): void {
    if (this.isServed(domain)) throw new Error(`${domain} is served already`)
    this.#hosts.set(domain, host)
  }

  /** What comes for the domain from now on has nowhere to go. */
  removeDomain(domain: string): void {
    this.#hosts.delete(domain)
  }

  /** Whether somebody serves a domain: as a host or as a service of a module. */
  isServed(domain: string): boolean {
    return this.#hosts.has(domain) || this.#services.has(domain)
  }

  /** Serves a domain from now on; the function returned ends that. Throws when the domain is taken. */
  addService(domain: string, service: Service): () => void {
    if (this.isServed(domain)) throw new Error(`${domain} is served already`)
    this.#services.set(domain, service)
    return () => this.#services.delete(domain)
  }

  /** From now on stanzas to domains that nobody serves are given to `send`, which never throws; the function returned ends that. */
  sendElsewhere(send: (stanza: Stanza) => void): () => void {
    this.#elsewhere = send
    return () => {
      this.#elsewhere = undefined
    }
  }

  /** The services that belong to a hosted domain. */
  servicesOf(domain: string): { jid: string; name: string | undefined; node: string | undefined }[] {
    const own = [...this.#services].filter(([, service]) => service.parent === domain)
    return own.map(([jid, { name, node }]) => ({ jid, name, node }))
  }

  /** The hosted domain that a domain is, or is a service of; services of all of them, and strangers, stand for themselves. */
  ownerOf(domain: string): string {
    const service = this.#services.get(domain)
    return service === undefined || service.isShared === true ? domain : service.parent
  }

  /**
   * Answers an IQ request to the domain of a service from the handlers of that service, which are open to everybody.
   * What no handler knows is `service-unavailable`.
   */
  serve(iq: IqRegistry, stanza: Stanza, session?: Session): Promise<void> | undefined {
    return this.#dispatcher.serve(iq, 'account', stanza, session)
  }

  /** Sends a stanza on its way. `session`: of the local client that sent it. A promise settles when it has arrived. */
  route(stanza: Stanza, session?: Session): Promise<void> | undefined {
    const host = stanza.from === undefined ? undefined : this.#hosts.get(stanza.from.domain)
    if (host === undefined || !host.hooks.has(filterPacket)) return this.#deliver(stanza, session)
    const event: Routed = { stanza }
    const outcome = host.hooks.run(filterPacket, event)
    const goOn = (answer: 'handled' | undefined) => {
      if (answer === undefined) return this.#deliver(event.stanza, session)
      this.#observer.dropped(host)
      return undefined
    }
    return outcome instanceof Promise ? outcome.then(goOn) : goOn(outcome)
  }

  /** Sends a stanza that nobody waits for. Never throws: what goes wrong on its way is told to the observer. */
  post(stanza: Stanza): void {
    letRun(
      () => this.route(stanza),
      (error) => this.#observer.lost({ error, stanza }),
    )
  }

  /** Sends an IQ of the server's own and waits for the answer. */
  ask(question: {
    type: 'get' | 'set'
    from: Jid
    to: Jid
    payload: Element
    timeout?: number
  }): Promise<Stanza | 'timeout'> {
    return this.#asker.ask(question, (stanza) => this.post(stanza))
  }

  /** Answers a stanza with an error, unless it is one that is never answered so. Presence is dropped instead. */
  bounce(stanza: Stanza, condition: ErrorCondition, text?: string): undefined {
    if (stanza.kind === 'presence') return undefined
    const reply = stanza.errorReply(new StanzaError(condition, text === undefined ? {} : { text }))
    if (reply === undefined) return undefined
    if (stanza.kind === 'message') this.#observer.bounced(this.#hosts.get(stanza.to?.domain ?? ''))
    this.post(reply)
    return undefined
  }

  #deliver(stanza: Stanza, session: Session | undefined): Promise<void> | undefined {
    const { to } = stanza
    if (to === undefined) return undefined
    if (isAnswer(stanza) && this.#asker.answer(stanza)) return undefined
    const service = this.#services.get(to.domain)
    const host = this.#hosts.get(service?.parent ?? to.domain)
    if (host?.hooks.has(domainReceives) !== true) return this.#arrive(host, service, stanza, session)
    const outcome = host.hooks.run(domainReceives, { host, stanza })
    if (outcome instanceof Promise) {
      return outcome.then((answer) => (answer === undefined ? this.#arrive(host, service, stanza, session) : undefined))
    }
    return outcome === undefined ? this.#arrive(host, service, stanza, session) : undefined
  }

  #arrive(
    host: Host | undefined,
    service: Service | undefined,
    stanza: Stanza,
    session: Session | undefined,
  ): Promise<void> | undefined {
    if (service !== undefined) return service.receive(stanza, session)
    if (host === undefined) return this.#leave(stanza)
    if (stanza.to?.local !== '') return this.#delivery.deliver(host, stanza, session)
    return this.#serveDomain(host, stanza, session)
  }

  /** A stanza to a domain that nobody serves here. */
  #leave(stanza: Stanza): undefined {
    if (this.#elsewhere !== undefined) {
      this.#elsewhere(stanza)
      return undefined
    }
    this.#observer.noRoute(stanza)
    return this.bounce(stanza, 'service-unavailable')
  }

  /** A stanza to the domain itself (core §5.1). */
  #serveDomain(host: Host, stanza: Stanza, session: Session | undefined): Promise<void> | undefined {
    if (stanza.to?.resource !== '') {
      return stanza.kind === 'presence' ? undefined : this.bounce(stanza, 'item-not-found')
    }
    if (stanza.kind !== 'iq' || isAnswer(stanza)) return undefined
    return this.#dispatcher.serve(host.iq, 'server', stanza, session)
  }
}

function isAnswer(stanza: Stanza): boolean {
  return stanza.kind === 'iq' && (stanza.type === 'result' || stanza.type === 'error')
}
