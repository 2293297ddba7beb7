import type { Jid } from '../jid/jid.ts'
import type { Stanza } from '../stanza/stanza.ts'
import type { ErrorCondition } from '../stanza/stanza-error.ts'
import type { Membership } from '../util/undo.ts'
import type { Element } from '../xml/element.ts'
import type { IqQueue } from './iq-queue.ts'
import type { Session } from './session.ts'

export interface IqRequest {
  readonly type: 'get' | 'set'
  readonly from: Jid
  readonly to: Jid
  readonly payload: Element
  readonly stanza: Stanza
}

/** Gives the payload of the result, nothing for an empty result, or throws a StanzaError. `session`: of a local sender. */
export type IqHandler = (
  request: IqRequest,
  session: Session | undefined,
) => Element | undefined | void | Promise<Element | undefined | void>

/** `server`: addressed to the domain. `account`: to the sender's own bare address. `open`: to anybody's bare address. */
export type IqTarget = 'server' | 'account' | 'open'

/** What a handler is registered with. */
export interface IqRegistration {
  readonly target: IqTarget
  readonly type: 'get' | 'set'
  /** Namespace of the payload; `*` takes those that no other handler is for. */
  readonly ns: string
  /** Name of the payload; `*` takes any. */
  readonly name: string
  readonly handler: IqHandler
  readonly queue: IqQueue
  /** The error for a payload in this namespace that no handler takes. */
  readonly otherwise: ErrorCondition
}

/** A handler in its registry. */
class Registered implements Membership {
  readonly registration: IqRegistration
  readonly #registry: IqRegistry

  constructor(registration: IqRegistration, registry: IqRegistry) {
    this.registration = registration
    this.#registry = registry
  }

  leave(): void {
    this.#registry.remove(this.registration)
  }
}

/** Which payloads are answered for a host, by whom. */
export class IqRegistry {
  readonly #server = new Map<string, IqRegistration[]>()
  readonly #account = new Map<string, IqRegistration[]>()
  #revision = 0

  /** The queues of the modules, to be counted. */
  readonly queues = new Map<string, IqQueue>()

  /** Changes whenever a handler comes or goes. */
  get revision(): number {
    return this.#revision
  }

  /** Adds a handler. Throws when the place is taken. */
  add(registration: IqRegistration): Membership {
    const map = this.#mapOf(registration)
    const list = map.get(registration.ns) ?? []
    if (list.some((other) => other.type === registration.type && other.name === registration.name)) {
      throw new Error(
        `two handlers for ${registration.target} ${registration.type} ${registration.name} of ${registration.ns}`,
      )
    }
    map.set(registration.ns, [...list, registration])
    this.#revision++
    return new Registered(registration, this)
  }

  remove(registration: IqRegistration): void {
    this.#revision++
    const map = this.#mapOf(registration)
    const left = (map.get(registration.ns) ?? []).filter((other) => other !== registration)
    if (left.length === 0) map.delete(registration.ns)
    else map.set(registration.ns, left)
  }

  /** The handler for a payload, the error condition where only its namespace is known, or undefined. */
  find(
    at: 'server' | 'account',
    type: string,
    payload: { name: string; ns: string },
  ): IqRegistration | ErrorCondition | undefined {
    const map = at === 'server' ? this.#server : this.#account
    const list = map.get(payload.ns) ?? map.get('*')
    if (list === undefined) return undefined
    const found = list.find((entry) => entry.type === type && (entry.name === payload.name || entry.name === '*'))
    return found ?? list[0]?.otherwise
  }

  /** Namespaces that are answered, for service discovery. */
  namespaces(at: 'server' | 'account'): string[] {
    return [...(at === 'server' ? this.#server : this.#account).keys()].filter((ns) => ns !== '*')
  }

  #mapOf({ target }: IqRegistration): Map<string, IqRegistration[]> {
    return target === 'server' ? this.#server : this.#account
  }
}
