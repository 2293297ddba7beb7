import { asWire, fromWire, toWire, type Wire, wireBytes, wireOf } from '../../xml/wire.ts'
import { type Form, framed } from './form.ts'

/** Bytes of an entry after which another one is begun. */
const entryLimit = 256 * 1024

/** A stanza as it is kept, in a row of its own. */
export interface SpooledStanza {
  session: string
  number: number
  /** Milliseconds since the epoch. */
  arrived_at: number
  /** With the namespace declared. */
  stanza: Buffer
  /** JSON. */
  notes: string | null
}

/** A stanza on its way to the journal. */
export interface JournalStanza {
  readonly session: string
  readonly number: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly form: Form
  readonly text: Wire
  readonly notes: Record<string, unknown> | undefined
}

/** What the entries of a journal come to. */
export interface JournalContent {
  /** How many stanzas were received, by session: what was written last. */
  readonly counts: Map<string, number>
  /** By session, then by number. */
  readonly stanzas: Map<string, Map<number, SpooledStanza>>
  /** Sessions of which everything that was kept before is to go. */
  readonly replaced: Set<string>
}

/**
 * Writes entries of the journal: all that is to be on disk together, in a few large pieces. A record is a line of words, and after
 * that of a stanza its text, unless that is the same as the one before: a message to two devices is written once.
 */
export class JournalWriter {
  #entries: Buffer[] = []
  #bytes = Buffer.allocUnsafeSlow(16 * 1024)
  #used = 0
  #last: Wire | undefined

  /** So much has been received from the client of a session. */
  count(session: string, received: number): void {
    this.#add(`c ${session} ${received}\n`)
  }

  /** Whatever was kept for this session before is to go. */
  replace(session: string): void {
    this.#add(`r ${session}\n`)
  }

  stanza({ session, number, at, form, text, notes }: JournalStanza): void {
    if (this.#used > entryLimit) this.#cut()
    const isNew = text !== this.#last
    const noted = notes === undefined ? '' : toWire(JSON.stringify(notes))
    this.#add(`s ${session} ${number} ${at} ${form} ${isNew ? text.length : 0} ${noted}\n`)
    if (isNew) this.#add(text)
    this.#last = text
  }

  /** The entries, to be numbered in this order; the next ones begin. */
  finish(): readonly Buffer[] {
    if (this.#used > 0) this.#cut()
    const entries = this.#entries
    this.#entries = []
    return entries
  }

  #add(text: string): void {
    const end = this.#used + text.length
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * end)
      this.#bytes.copy(larger, 0, 0, this.#used)
      this.#bytes = larger
    }
    this.#bytes.write(text, this.#used, 'latin1')
    this.#used = end
  }

  #cut(): void {
    this.#entries.push(Buffer.from(this.#bytes.subarray(0, this.#used)))
    this.#used = 0
    this.#last = undefined
  }
}

/** Reads entries, in their order. */
export function readJournal(entries: readonly Uint8Array[]): JournalContent {
  const content: JournalContent = { counts: new Map(), stanzas: new Map(), replaced: new Set() }
  for (const bytes of entries) readEntry(wireOf(bytes, 0, bytes.length), content)
  return content
}

function readEntry(entry: Wire, content: JournalContent): void {
  let text: Wire = asWire('')
  let at = 0
  while (at < entry.length) {
    const lineEnd = entry.indexOf('\n', at)
    const [kind, session = '', ...words] = entry.slice(at, lineEnd).split(' ')
    at = lineEnd + 1
    if (kind === 'c') content.counts.set(session, Number(words[0]))
    else if (kind === 'r') {
      content.replaced.add(session)
      content.stanzas.delete(session)
    } else {
      const length = Number(words[3])
      if (length > 0) text = asWire(entry.slice(at, at + length))
      at += length
      keep(content, session, words, text)
    }
  }
}

function keep({ stanzas }: JournalContent, session: string, words: readonly string[], text: Wire): void {
  const [number, at, form, , ...noted] = words
  const notes = noted.join(' ')
  const row = {
    session,
    number: Number(number),
    arrived_at: Number(at),
    stanza: wireBytes(framed(text, form as Form)) as Buffer,
    notes: notes === '' ? null : fromWire(asWire(notes)),
  }
  const known = stanzas.get(session)
  if (known === undefined) stanzas.set(session, new Map([[row.number, row]]))
  else known.set(row.number, row)
}
