import { Jid } from '../../jid/jid.ts'
import type { Connection } from '../../net/connection.ts'
import type { ComponentAction, ComponentClaim, ComponentEvent } from '../../protocol/component/events.ts'
import { ComponentNegotiation } from '../../protocol/component/negotiation.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { StreamError } from '../../stanza/stream-error.ts'
import { inOurs, inTheirs } from '../../stanza/stream-form.ts'
import { type Element, el } from '../../xml/element.ts'
import type { RawElement } from '../../xml/raw-element.ts'
import type { StreamHeader } from '../../xml/stream-header.ts'
import { fromWire } from '../../xml/wire.ts'
import { faultOf, isStanza } from '../inbound-stanza.ts'
import { XmlStream } from '../xml-stream.ts'
import type { ComponentService } from './component-service.ts'
import { elementText, openingText, welcomeText } from './stream-text.ts'

/** Bytes that may wait for a component that does not read; what comes then goes back to its sender. */
const maxBuffered = 4 << 20

/** The stream of a component: its negotiation over a connection, and the stanzas of its domains. */
export class ComponentStream extends XmlStream {
  readonly #service: ComponentService
  readonly #negotiation: ComponentNegotiation
  #claim: ComponentClaim | undefined
  #hasOverflowed = false

  private constructor(service: ComponentService, connection: Connection) {
    super(connection, service, service.strangerLimits())
    this.#service = service
    this.#negotiation = new ComponentNegotiation(service.rules)
  }

  /** Takes over an accepted connection. */
  static accept(service: ComponentService, connection: Connection): ComponentStream {
    const stream = new ComponentStream(service, connection)
    service.open.add(stream)
    stream.#handle({ on: 'connected' })
    return stream
  }

  /** Writes a stanza for one of its domains, or sends it back where the component does not read. */
  send(stanza: Stanza): void {
    if (this.isOver) return
    const bytes = this.bufferedBytes
    if (bytes > maxBuffered) {
      this.#overflow(bytes)
      this.#service.bounce(stanza, 'The component does not read')
      return
    }
    this.#hasOverflowed = false
    const text = stanza.toWire('component')
    this.#service.trafficOf(stanza, 'out').count(text.length, stanza)
    this.#show('out', stanza)
    this.write(text)
  }

  stop(error: StreamError): void {
    this.#handle({ on: 'broken', error })
  }

  timedOut(): void {
    this.#handle({ on: 'timeout' })
  }

  protected opened(header: StreamHeader): void {
    this.#handle({ on: 'header', header })
  }

  protected streamEnded(): void {
    this.#handle({ on: 'stream-end' })
  }

  protected noteFault(reason: unknown): void {
    this.#service.note({ what: 'component_stream_fault', address: this.address, reason })
  }

  protected ended(): void {
    this.#service.open.delete(this)
    this.#service.left(this)
    const { name } = this.#claim ?? {}
    if (name !== undefined) this.#service.note({ what: 'component_gone', name, address: this.address })
  }

  // What comes in

  protected received(raw: RawElement): void {
    const claim = this.#claim
    if (claim === undefined || !this.#negotiation.isEstablished) {
      this.#handle({ on: 'element', element: raw.toElement() })
      return
    }
    const element = inOurs(NS.component, raw)
    if (isStanza(element)) this.#receiveStanza(element, claim)
    else this.write(elementText(refused(element.toElement())))
  }

  #receiveStanza(raw: RawElement, claim: ComponentClaim): void {
    const [from, to] = ['from', 'to'].map((name) => Jid.tryParse(raw.attr(name) ?? ''))
    const stanza = Stanza.fromRaw(raw, from, to)
    this.#service.trafficOf(stanza, 'in').count(raw.byteLength, stanza)
    this.#show('in', stanza)
    const fault = this.#faultOf(stanza, raw, claim)
    if (fault === undefined) this.hold(this.#service.receive(stanza))
    else this.#refuse(stanza, claim, fault)
  }

  /** What is wrong with a stanza of this component, undefined when nothing is (XEP-0114 §3, RFC 6120 §8.1). */
  #faultOf(stanza: Stanza, raw: RawElement, claim: ComponentClaim): StanzaError | undefined {
    const { from } = stanza
    if (from === undefined) return new StanzaError('bad-request', { text: 'Who sends this?' })
    const { checksFrom } = this.#service
    if (checksFrom && !this.#service.isDomainOf(claim, from.domain)) {
      return new StanzaError('bad-request', { text: `${from.domain} is another domain than that of the component` })
    }
    if (raw.attr('to') === undefined) return new StanzaError('bad-request', { text: 'Whom is this for?' })
    return stanza.to === undefined ? new StanzaError('jid-malformed') : faultOf(stanza, raw)
  }

  /** Tells the component itself, whatever sender it named. */
  #refuse(stanza: Stanza, claim: ComponentClaim, fault: StanzaError): void {
    const from = stanza.to ?? Jid.of('', this.#service.rules.defaultDomain)
    const reply = stanza.errorReply(fault)?.readdressed(from, stanza.from ?? Jid.of('', claim.name))
    if (reply !== undefined) this.write(reply.toWire('component'))
  }

  #show(direction: 'in' | 'out', stanza: Stanza): void {
    const { tap } = this.#service
    const { name } = this.#claim ?? {}
    if (tap.isOpen && name !== undefined) tap.saw(Jid.of('', name), direction, fromWire(stanza.toWire('client')))
  }

  #overflow(bytes: number): void {
    if (this.#hasOverflowed) return
    this.#hasOverflowed = true
    const { name = '' } = this.#claim ?? {}
    this.#service.note({ what: 'component_does_not_read', name, bytes, address: this.address })
  }

  // What negotiation wants done

  /** Gives an event to the negotiation and does what it says. Never throws. */
  #handle(event: ComponentEvent): void {
    if (this.isOver) return
    try {
      for (const action of this.#negotiation.handle(event)) this.#perform(action)
    } catch (error) {
      this.broke(error)
    }
  }

  #perform(action: ComponentAction): void {
    switch (action.do) {
      case 'send-header':
        this.write(openingText(action.header))
        break
      case 'welcome':
        this.write(welcomeText)
        break
      case 'arm':
        this.#service.wheel.arm(this, action.ms)
        break
      case 'register':
        this.#register(action.claim)
        break
      case 'note-failure':
        this.#service.note({ what: 'component_auth_failed', name: action.name, address: this.address })
        break
      case 'send-error':
        this.write(elementText(action.error.toElement()))
        break
      case 'close':
        this.finish()
    }
  }

  #register(claim: ComponentClaim): void {
    const isGiven = this.#service.register(this, claim)
    if (isGiven) {
      this.#claim = claim
      this.#service.wheel.cancel(this)
      this.widen(this.#service.limitsFor(claim))
    }
    const what = isGiven ? 'component_registered' : 'component_name_taken'
    this.#service.note({ what, name: claim.name, address: this.address })
    this.#handle({ on: 'registered', isGiven })
  }
}

/** What is no stanza, sent back to the component. */
function refused({ name, ns, attrs, children }: Element): Element {
  const { id, from, to } = attrs
  const head = { id, type: 'error', from: to, to: from }
  const content = [...children, new StanzaError('bad-request').toElement()]
  const moved = content.map((node) => (typeof node === 'string' ? node : inTheirs(NS.component, node)))
  return el(name, ns === NS.client ? NS.component : ns, head, moved)
}
