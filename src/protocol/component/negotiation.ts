import { NS } from '../../stanza/namespaces.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { Element } from '../../xml/element.ts'
import { domainOf } from '../s2s/domain-of.ts'
import type { ReceivedHeader } from '../s2s/events.ts'
import { headerFault } from '../s2s/peer-machine.ts'
import type { ComponentAction, ComponentClaim, ComponentEvent, ComponentRules } from './events.ts'
import { isHandshakeOf } from './handshake.ts'

/**
 * The stream of a component that connects to us (XEP-0114, `jabber:component:accept`): events in, actions out, no I/O, no clock. It
 * lives as long as the stream, to tell how that ends.
 */
export class ComponentNegotiation {
  readonly #rules: ComponentRules
  #awaits: 'header' | 'handshake' | 'name' | 'stanzas' | 'nothing' = 'header'
  #claim: ComponentClaim | undefined
  #streamId: string | undefined
  #actions: ComponentAction[] = []

  constructor(rules: ComponentRules) {
    this.#rules = rules
  }

  /** Whether it has been let in, and its stream still stands. */
  get isEstablished(): boolean {
    return this.#awaits === 'stanzas'
  }

  /** Takes an event and says what is to be done. Nothing is once the stream is over. */
  handle(event: ComponentEvent): readonly ComponentAction[] {
    if (this.#awaits === 'nothing') return []
    this.#actions = []
    try {
      this.#take(event)
    } catch (error) {
      if (!(error instanceof StreamError)) throw error
      this.#fail(error)
    }
    return this.#actions
  }

  #take(event: ComponentEvent): void {
    switch (event.on) {
      case 'connected':
        this.#arm()
        break
      case 'header':
        this.#onHeader(event.header)
        break
      case 'element':
        this.#onElement(event.element)
        break
      case 'registered':
        this.#onRegistered(event.isGiven)
        break
      case 'stream-end':
        this.#end()
        break
      default:
        throw event.on === 'timeout' ? new StreamError('connection-timeout') : event.error
    }
  }

  #onHeader(header: ReceivedHeader): void {
    if (this.#awaits !== 'header') throw new StreamError('policy-violation', 'A stream is open already')
    const fault = headerFault(header, NS.component)
    if (fault !== undefined) throw fault
    this.#claim = claimOf(header)
    if (this.#claim === undefined) throw new StreamError('host-unknown')
    this.#sendHeader()
    this.#awaits = 'handshake'
    this.#arm()
  }

  #onElement(element: Element): void {
    const claim = this.#claim
    if (this.#awaits !== 'handshake' || claim === undefined) return
    if (element.name !== 'handshake') throw new StreamError('not-authorized', 'A handshake is expected')
    if (element.ns !== NS.client && element.ns !== NS.component) throw new StreamError('invalid-namespace')
    if (!isHandshakeOf(element.text().trim(), this.#streamId ?? '', this.#rules.password)) {
      this.#act({ do: 'note-failure', name: claim.name })
      throw new StreamError('not-authorized', 'Invalid handshake')
    }
    this.#awaits = 'name'
    this.#act({ do: 'register', claim })
  }

  #onRegistered(isGiven: boolean): void {
    if (this.#awaits !== 'name') return
    if (!isGiven) throw new StreamError('conflict', 'This name is taken')
    this.#awaits = 'stanzas'
    this.#act({ do: 'welcome' })
  }

  #sendHeader(): void {
    this.#streamId = this.#rules.newStreamId()
    const from = this.#claim?.name ?? this.#rules.defaultDomain
    this.#act({ do: 'send-header', header: { from, id: this.#streamId } })
  }

  #arm(): void {
    const { stateTimeout } = this.#rules
    if (Number.isFinite(stateTimeout)) this.#act({ do: 'arm', ms: stateTimeout })
  }

  #act(action: ComponentAction): void {
    this.#actions.push(action)
  }

  #fail(error: StreamError): void {
    if (this.#streamId === undefined) this.#sendHeader()
    this.#act({ do: 'send-error', error })
    this.#end()
  }

  #end(): void {
    this.#awaits = 'nothing'
    this.#act({ do: 'close' })
  }
}

/** Undefined where the header names no domain. */
function claimOf(header: ReceivedHeader): ComponentClaim | undefined {
  const name = domainOf(header.attr('to'))
  const isPrefix = ['true', '1'].includes(header.attr('is_subdomain') ?? '')
  return name === undefined ? undefined : { name, isPrefix }
}
