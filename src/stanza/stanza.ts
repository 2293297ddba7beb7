import type { Jid } from '../jid/jid.ts'
import type { Element } from '../xml/element.ts'
import { escapeXml } from '../xml/escape.ts'
import { scanFrame } from '../xml/frame.ts'
import { ownLimits } from '../xml/limits.ts'
import type { RawElement } from '../xml/raw-element.ts'
import { asWire, toWire, type Wire } from '../xml/wire.ts'
import type { Fields, Received, StanzaKind } from './fields.ts'
import { attributesOf, fieldsOf, prefixesOf, type StanzaHead } from './head.ts'
import { NS } from './namespaces.ts'
import { appended, cutOut, elementOf, type Part, receivedParts, shifted, type TextPart } from './parts.ts'
import { plainTextOf } from './plain-text.ts'
import type { StanzaError } from './stanza-error.ts'
import { decodeNotes, encodeNotes, type StanzaKey, withNote } from './stanza-key.ts'
import { contentIn } from './stream-form.ts'
import type { Ticket } from './ticket.ts'

export type { StanzaKind } from './fields.ts'

/** How the root is written: on a jabber:client stream, in a WebSocket frame or `<forwarded/>`, on a stream of a server or a component. */
export type WireForm = 'client' | 'framed' | 'server' | 'component'

/**
 * A message, presence or IQ. It does not change; the verbs (`readdressed`, `prepend`, `append`, `without`, `replaced`)
 * give a new one by splicing the text it came with, so that what is only passed on is never taken apart.
 */
export class Stanza {
  readonly kind: StanzaKind
  /** The type attribute as sent, '' when there is none. */
  readonly type: string
  readonly id: string | undefined
  readonly lang: string | undefined
  readonly from: Jid | undefined
  readonly to: Jid | undefined
  readonly #attributes: Wire
  readonly #inner: Wire
  readonly #raw: RawElement | undefined
  readonly #parts: readonly Part[] | undefined
  readonly #notes: readonly unknown[] | undefined
  readonly #ticket: Ticket | undefined

  private constructor(fields: Fields) {
    this.kind = fields.kind
    this.type = fields.type
    this.id = fields.id
    this.lang = fields.lang
    this.from = fields.from
    this.to = fields.to
    this.#attributes = fields.attributes
    this.#inner = fields.inner
    this.#raw = fields.raw
    this.#parts = fields.parts
    this.#notes = fields.notes
    this.#ticket = fields.ticket
  }

  /** A stanza that was received. */
  static fromRaw(raw: RawElement, from: Jid | undefined, to: Jid | undefined, received: Received = {}): Stanza {
    let attributes = raw.attributesWire(['from', 'to'])
    let lang = raw.attr('xml:lang')
    if (lang === undefined && received.lang !== undefined) {
      lang = received.lang
      attributes = asWire(`${attributes} xml:lang='${toWire(escapeXml(lang))}'`)
    }
    return new Stanza({
      kind: raw.name as StanzaKind,
      type: raw.attr('type') ?? '',
      id: raw.attr('id'),
      lang,
      from,
      to,
      attributes,
      inner: raw.innerWire(),
      raw,
      parts: undefined,
      notes: undefined,
      ticket: received.ticket,
    })
  }

  /** A stanza of the server's own. */
  static make(kind: StanzaKind, head: StanzaHead, ...children: readonly (Element | TextPart)[]): Stanza {
    const bare = new Stanza(fieldsOf(kind, head))
    return children.length === 0 ? bare : bare.append(...children)
  }

  /** Reads back what {@link toBytes} gave. */
  static fromBytes(bytes: Uint8Array, jid: (text: string) => Jid): Stanza {
    const raw = scanFrame(bytes, ownLimits)
    const [from, to] = [raw.attr('from'), raw.attr('to')]
    return Stanza.fromRaw(raw, from === undefined ? undefined : jid(from), to === undefined ? undefined : jid(to))
  }

  /** What a module has noted about this stanza; see {@link stanzaKey}. */
  get<T>(key: StanzaKey<T>): T | undefined {
    return this.#notes?.[key.index] as T | undefined
  }

  /** The same stanza with a note. What is derived from it by the verbs keeps the note, except answers to it. */
  with<T>(key: StanzaKey<T>, value: T | undefined): Stanza {
    return this.withNotes(withNote(this.#notes, key, value))
  }

  /** The notes that outlive this process, as JSON; undefined when there are none. */
  get routedNotes(): Record<string, unknown> | undefined {
    return encodeNotes(this.#notes)
  }

  /** The same stanza with the notes that {@link routedNotes} gave. */
  withRoutedNotes(encoded: Readonly<Record<string, unknown>> | undefined): Stanza {
    return encoded === undefined ? this : this.withNotes(decodeNotes(encoded))
  }

  /**
   * Says that this stanza has caused a write: the sender is not told that the stanza has been handled (XEP-0198) before it is
   * on disk. Nobody else waits for it. A write that fails was refused by the database, which has told its log; it leaves a
   * stanza with a ticket unacknowledged.
   */
  causes(write: Promise<unknown>): void {
    if (this.#ticket === undefined) write.catch(() => {})
    else this.#ticket.hold(write)
  }

  /** The same stanza, made because of another one: what it causes is waited for by the sender of that one. */
  onBehalfOf(cause: Stanza): Stanza {
    return this.under(cause.#ticket)
  }

  /** Waits for what the stanza causes, where somebody wants to know. */
  get ticket(): Ticket | undefined {
    return this.#ticket
  }

  /** Names a received stanza for good, where its sender may send it once more; see {@link Ticket}. */
  get origin(): string | undefined {
    return this.#raw === undefined ? undefined : this.#ticket?.origin
  }

  /** The same stanza; what it causes is waited for by this ticket. */
  under(ticket: Ticket | undefined): Stanza {
    return ticket === this.#ticket ? this : new Stanza({ ...this.#fields(), ticket })
  }

  /** All that modules have noted, for {@link withNotes}. */
  get notes(): readonly unknown[] | undefined {
    return this.#notes
  }

  /** The same stanza with the notes of another one. */
  withNotes(notes: readonly unknown[] | undefined): Stanza {
    return notes === undefined ? this : new Stanza({ ...this.#fields(), notes })
  }

  /** Whether there is such a child; looks at the index only. */
  has(name: string, ns: string = NS.client): boolean {
    return this.#find(name, ns) >= 0
  }

  /** The first such child, or undefined. */
  child(name: string, ns: string = NS.client): Element | undefined {
    const index = this.#find(name, ns)
    return index < 0 ? undefined : this.#element(index)
  }

  /** The text of the first such child as it travels, undefined where it is not to be had without building it. */
  plainText(name: string): Wire | undefined {
    const child = this.#children()[this.#find(name, NS.client)]
    return child === undefined ? undefined : plainTextOf(this.#inner, name, child)
  }

  /** The names and namespaces of the children, in order; nothing is built. */
  get index(): readonly { readonly name: string; readonly ns: string }[] {
    return this.#children()
  }

  /** All children, built. */
  elements(): Element[] {
    return this.#children().map((_, index) => this.#element(index))
  }

  /** The only child of an IQ request, or undefined when there is none or more than one (RFC 6120 §8.2.3). */
  get payload(): Element | undefined {
    return this.#children().length === 1 ? this.#element(0) : undefined
  }

  /** Bytes of the stanza as it goes to a client, but for the addresses. */
  get byteLength(): number {
    return this.#attributes.length + this.#inner.length + 2 * this.kind.length + 5
  }

  /** The same with other addresses. */
  readdressed(from: Jid | undefined, to: Jid | undefined): Stanza {
    return new Stanza({ ...this.#fields(), from, to })
  }

  /** The same with more children at the end. */
  append(...children: readonly (Element | TextPart)[]): Stanza {
    return new Stanza({ ...this.#fields(), ...appended(this.#inner, this.#partList(), children) })
  }

  /** The same with another child before all others. */
  prepend(child: Element | TextPart): Stanza {
    const first = appended(asWire(''), [], [child])
    const parts = [...first.parts, ...this.#partList().map((part) => shifted(part, first.inner.length))]
    return new Stanza({ ...this.#fields(), inner: asWire(first.inner + this.#inner), parts })
  }

  /** The same without the children that the test picks. */
  without(test: (child: { readonly name: string; readonly ns: string }, element: () => Element) => boolean): Stanza {
    const cut = cutOut(this.#inner, this.#partList(), (part, index) => test(part, () => this.#element(index)))
    return cut === undefined ? this : new Stanza({ ...this.#fields(), inner: asWire(cut.inner), parts: cut.parts })
  }

  /** The text of the stanza. */
  toWire(form: WireForm): Wire {
    const from = this.from === undefined ? '' : ` from='${this.from.wire}'`
    const to = this.to === undefined ? '' : ` to='${this.to.wire}'`
    const root = form === 'framed' ? `${this.kind} xmlns='${NS.client}'` : this.kind
    const head = `<${root}${from}${to}${this.#attributes}`
    const isOurs = form === 'client' || form === 'framed'
    const inner = isOurs ? this.#inner : contentIn(NS[form], this.#inner, () => this.elements())
    return asWire(inner === '' ? `${head}/>` : `${head}>${inner}</${this.kind}>`)
  }

  /** Whether the text of another stanza is the same; cheap where both are derived from one. */
  isWrittenAs(other: Stanza): boolean {
    const isSame = this.kind === other.kind && this.#attributes === other.#attributes && this.#inner === other.#inner
    return isSame && this.from?.full === other.from?.full && this.to?.full === other.to?.full
  }

  /** The stanza as it is stored: UTF-8, complete in itself. A copy of its own, which keeps no read buffer alive. */
  toBytes(): Buffer {
    return Buffer.from(this.toWire('framed'), 'latin1')
  }

  /** The result of an IQ request, with this payload or none. */
  result(payload?: Element): Stanza {
    const head = { type: 'result', id: this.id, from: this.to, to: this.from }
    return Stanza.make('iq', head, ...(payload === undefined ? [] : [payload])).onBehalfOf(this)
  }

  /**
   * The error that answers this stanza: addresses exchanged, what was sent included (RFC 6120 §8.3.1).
   * Undefined where none may be sent: an error is never answered with an error, nor is an IQ result.
   */
  errorReply(error: StanzaError): Stanza | undefined {
    if (this.type === 'error' || (this.kind === 'iq' && this.type === 'result')) return undefined
    const head: StanzaHead = { type: 'error', id: this.id, from: this.to, to: this.from, lang: this.lang }
    if (error.options.omitsRequest === true) return Stanza.make(this.kind, head, error.toElement()).onBehalfOf(this)
    return new Stanza({
      ...this.#fields(),
      type: 'error',
      from: this.to,
      to: this.from,
      attributes: asWire(attributesOf(head) + prefixesOf(this.#attributes)),
      notes: undefined,
    }).append(error.toElement())
  }

  #fields(): Fields {
    return {
      kind: this.kind,
      type: this.type,
      id: this.id,
      lang: this.lang,
      from: this.from,
      to: this.to,
      attributes: this.#attributes,
      inner: this.#inner,
      raw: this.#raw,
      parts: this.#parts,
      notes: this.#notes,
      ticket: this.#ticket,
    }
  }

  #children(): readonly Pick<Part, 'name' | 'ns' | 'start' | 'end'>[] {
    return this.#parts ?? this.#raw?.kids ?? []
  }

  #partList(): readonly Part[] {
    return this.#parts ?? receivedParts(this.#raw)
  }

  #find(name: string, ns: string): number {
    const children = this.#children()
    for (let i = 0; i < children.length; i++) {
      if (children[i]?.name === name && children[i]?.ns === ns) return i
    }
    return -1
  }

  #element(index: number): Element {
    const part = this.#parts?.[index]
    if (part?.element !== undefined) return part.element
    if (part !== undefined && part.received < 0) return elementOf(this.#inner, part)
    if (this.#raw === undefined) throw new RangeError('no such child')
    return this.#raw.kid(part?.received ?? index)
  }
}
