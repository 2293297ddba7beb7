import { Jid } from '../../jid/jid.ts'
import { delayElement } from '../../stanza/delay.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { decodeNotes, encodeNotes } from '../../stanza/stanza-key.ts'
import type { Ticket } from '../../stanza/ticket.ts'
import { flatWire, type Wire, wireBytes, wireOf } from '../../xml/wire.ts'
import { type Form, framed, inForm, kindOf } from './form.ts'
import type { JournalStanza, SpooledStanza } from './journal.ts'

/** A stanza that the client has not acknowledged yet: its own text, and little else. */
export class KeptStanza {
  number = 0
  /** Bytes that it came with, whatever modules put in its place. */
  byteLength: number
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Where its text is: not on disk, on its way there, there. */
  place: 'memory' | 'writing' | 'disk' = 'memory'
  /** Whether it has a row of its own, or will have. Before, it is in the journal. */
  isFiled = false
  /** Not to be written to the client before it is on disk, since its sender would send it again after a crash. */
  isHeld = false
  /** Whether modules have been told that it is not acknowledged. */
  isTold = false
  /** It waits to be kept safely. */
  ticket: Ticket | undefined = undefined
  #text: Wire
  #form: Form
  #notes: readonly unknown[] | undefined

  private constructor(text: Wire, form: Form, notes: readonly unknown[] | undefined, at: number) {
    this.#text = text
    this.#form = form
    this.#notes = notes
    this.at = at
    this.byteLength = text.length
  }

  static of(stanza: Stanza, form: Form, at: number): KeptStanza {
    return new KeptStanza(flatWire(stanza.toWire(form)), form, stanza.notes, at)
  }

  /** As it was written to disk. */
  static onDisk(
    bytes: Buffer,
    notes: Readonly<Record<string, unknown>> | undefined,
    row: { readonly number: number; readonly arrived_at: number },
  ): KeptStanza {
    const decoded = notes === undefined ? undefined : decodeNotes(notes)
    const kept = new KeptStanza(wireOf(bytes, 0, bytes.length), 'framed', decoded, row.arrived_at)
    kept.number = row.number
    kept.place = 'disk'
    kept.isFiled = true
    return kept
  }

  get kind(): 'message' | 'presence' | 'iq' {
    return kindOf(this.#text)
  }

  /** The text for a connection of this form. */
  wire(form: Form): Wire {
    return inForm(this.#text, this.#form, form)
  }

  /** As it goes to the journal. */
  forJournal(session: string): JournalStanza {
    const notes = encodeNotes(this.#notes)
    return { session, number: this.number, at: this.at, form: this.#form, text: this.#text, notes }
  }

  /** As it is kept in a row of its own. */
  forRow(session: string): SpooledStanza {
    const notes = encodeNotes(this.#notes)
    return {
      session,
      number: this.number,
      arrived_at: this.at,
      stanza: this.toBytes() as Buffer,
      notes: notes === undefined ? null : JSON.stringify(notes),
    }
  }

  toBytes(): Uint8Array {
    return wireBytes(framed(this.#text, this.#form))
  }

  toStanza(): Stanza {
    return Stanza.fromBytes(this.toBytes(), Jid.parse).withNotes(this.#notes)
  }

  /** Another stanza in its place. */
  replace(stanza: Stanza): void {
    this.#text = flatWire(stanza.toWire(this.#form))
    this.#notes = stanza.notes
  }

  /** A newer stanza in its place. */
  renew(stanza: Stanza): void {
    this.replace(stanza)
    this.byteLength = this.#text.length
  }

  /** Says since when the message has been held back, unless that is of no interest or has been said. */
  delayed(domain: string): Stanza {
    const stanza = this.toStanza()
    if (stanza.kind !== 'message' || stanza.type === 'error' || stanza.type === 'headline') return stanza
    const hasOwn = stanza.elements().some((child) => child.is('delay', NS.delay) && child.attr('from') === domain)
    return hasOwn ? stanza : stanza.append(delayElement(domain, this.at, 'SM Storage'))
  }

  /** Nobody waits for it any more. */
  release(): void {
    const { ticket } = this
    this.ticket = undefined
    ticket?.kept()
  }
}

/** Those that are in the journal only; they are taken to have rows of their own. */
export function toFile(items: readonly KeptStanza[]): KeptStanza[] {
  const taken = items.filter(({ place, isFiled }) => place === 'disk' && !isFiled)
  for (const kept of taken) kept.isFiled = true
  return taken
}
