import type { Jid } from '../jid/jid.ts'
import type { Stanza } from '../stanza/stanza.ts'
import { type ErrorCondition, StanzaError } from '../stanza/stanza-error.ts'
import type { Clock } from '../util/clock.ts'
import { letRun } from '../util/settled.ts'
import type { Element } from '../xml/element.ts'
import { AccountDelivery } from './account-delivery.ts'
import { type Component, ComponentTable, type Displacement } from './component-table.ts'
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

/** A domain in the list of services. */
export interface ListedService {
  readonly jid: string
  readonly name: string | undefined
  readonly node: string | undefined
  /** Whether it is a component that may be left out. */
  readonly isHidden: boolean
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

/** Decides for every stanza where it goes (core routing table): hosted domain, service, component, or nowhere. */
export class Router {
  readonly #hosts = new Map<string, Host>()
  readonly #services = new Map<string, Service>()
  readonly #components = new ComponentTable((domain) => this.#hosts.has(domain))
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

  /** Serves a hosted domain from now on; a component of that name has to go. Throws when the domain is taken. */
  addDomain(domain: string, host: Host): void {
    this.#claim(domain)
    this.#hosts.set(domain, host)
  }

  /** What comes for the domain from now on has nowhere to go. */
  removeDomain(domain: string): void {
    this.#hosts.delete(domain)
  }

  /** Whether somebody serves a domain: as a host, as a service of a module, or as a component. */
  isServed(domain: string): boolean {
    return this.isOwn(domain) || this.#components.find(domain) !== undefined
  }

  /** Whether a host or a module serves a domain. */
  isOwn(domain: string): boolean {
    return this.#hosts.has(domain) || this.#services.has(domain)
  }

  /** Whether a component serves a domain, and nobody else does. */
  isComponent(domain: string): boolean {
    return !this.isOwn(domain) && this.#components.find(domain) !== undefined
  }

  /** Serves a domain from now on; a component of that name has to go. The function returned ends that. Throws when the domain is taken. */
  addService(domain: string, service: Service): () => void {
    this.#claim(domain)
    this.#services.set(domain, service)
    return () => this.#services.delete(domain)
  }

  /**
   * Gives a component its domains, until `removeComponent`. False: one of them has a host, a module, or another component, unless
   * those are to be replaced.
   */
  addComponent(component: Component, { replaces }: { readonly replaces: boolean }): boolean {
    const { name, isPrefix } = component
    const names = isPrefix ? [name, ...[...this.#hosts.keys()].map((domain) => `${name}.${domain}`)] : [name]
    if (names.some((each) => this.isOwn(each))) return false
    const older = new Set(names.flatMap((each) => this.#components.find(each) ?? []))
    if (older.size > 0 && !replaces) return false
    for (const each of older) this.#displace(each, 'replaced')
    this.#components.add(component)
    return true
  }

  /** What comes for its domains from now on goes to whoever else has them. */
  removeComponent(component: Component): void {
    this.#components.remove(component)
  }

  /** From now on stanzas to domains that nobody serves are given to `send`, which never throws; the function returned ends that. */
  sendElsewhere(send: (stanza: Stanza) => void): () => void {
    this.#elsewhere = send
    return () => {
      this.#elsewhere = undefined
    }
  }

  /** The services that belong to a hosted domain, those of modules first. */
  servicesOf(domain: string): ListedService[] {
    const own = [...this.#services].filter(([, service]) => service.parent === domain)
    const listed = own.map(([jid, { name, node }]): ListedService => ({ jid, name, node, isHidden: false }))
    for (const component of this.#components.all()) {
      const { name, isPrefix, isHidden } = component
      const names = isPrefix ? [name, `${name}.${domain}`] : [name]
      for (const jid of names) {
        const isHere =
          this.parentOf(jid) === domain && this.isComponent(jid) && this.#components.find(jid) === component
        if (isHere) listed.push({ jid, name: jid, node: undefined, isHidden })
      }
    }
    return listed
  }

  /** The nearest hosted domain that a domain lies under. */
  parentOf(domain: string): string | undefined {
    for (let dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1)) {
      const above = domain.slice(dot + 1)
      if (this.#hosts.has(above)) return above
    }
    return undefined
  }

  /** The hosted domain that a domain is, or is a service of; services of all of them, components, and strangers, stand for themselves. */
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

  /** Makes a domain free for a host or a module. Throws where one has it already. */
  #claim(domain: string): void {
    if (this.isOwn(domain)) throw new Error(`${domain} is served already`)
    const component = this.#components.named(domain)
    if (component !== undefined) this.#displace(component, 'taken')
  }

  #displace(component: Component, why: Displacement): void {
    this.#components.remove(component)
    component.displaced(why)
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

  /** A stanza to a domain that neither a host nor a module serves. */
  #leave(stanza: Stanza): undefined {
    const component = this.#components.find(stanza.to?.domain ?? '')
    if (component !== undefined) return component.receive(stanza)
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
