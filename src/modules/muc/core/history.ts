import { Jid } from '../../../jid/jid.ts'
import { delayElement, parseTimestamp } from '../../../stanza/delay.ts'
import { Stanza } from '../../../stanza/stanza.ts'
import type { Element } from '../../../xml/element.ts'

/** How much of what was said before somebody wants to see (XEP-0045 §7.2.14). */
export interface HistoryRequest {
  readonly maxStanzas: number
  readonly maxChars: number
  /** Nothing older, in milliseconds since the epoch. */
  readonly since: number
}

/** Reads `<history/>` of an entering presence; what cannot be read sets no limit. */
export function readHistoryRequest(x: Element, now: number): HistoryRequest {
  const history = x.child('history')
  const count = (name: string): number => {
    const text = history?.attr(name)?.trim()
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
  }
  const stamp = history?.attr('since')
  const since = (stamp === undefined ? undefined : parseTimestamp(stamp)) ?? 0
  const seconds = count('seconds')
  return {
    maxStanzas: count('maxstanzas'),
    maxChars: count('maxchars'),
    since: Number.isFinite(seconds) ? Math.max(since, now - seconds * 1000) : since,
  }
}

interface PastMessage {
  /** A copy of its own, which keeps no read buffer alive. */
  readonly bytes: Buffer
  readonly at: number
  readonly chars: number
  /** The id that the room gave it. */
  readonly stanzaId: string | undefined
  readonly authorId: string | undefined
  /** With its delay, once somebody was shown it. */
  shown: Stanza | undefined
}

/** What is known of a message beside its text. */
export interface Said {
  readonly at: number
  readonly stanzaId: string | undefined
  /** Occupant id of the author. */
  readonly authorId: string | undefined
}

/** The last messages of a room, in memory. */
export class History {
  readonly #room: Jid
  readonly #size: number
  #messages: PastMessage[] = []

  constructor(room: Jid, size: number) {
    this.#room = room
    this.#size = size
  }

  get length(): number {
    return this.#messages.length
  }

  /** Keeps a message as it went out, from the occupant's address. */
  add(stanza: Stanza, { at, stanzaId, authorId }: Said): void {
    if (this.#size === 0) return
    const bytes = stanza.readdressed(stanza.from, undefined).toBytes()
    const chars = bytes.length + (stanza.from?.resource.length ?? 0) + 1
    this.#messages.push({ bytes, at, chars, stanzaId, authorId, shown: undefined })
    // Cut in portions, so that not every message moves all others.
    if (this.#messages.length >= this.#size * 2) this.#messages = this.#messages.slice(-this.#size)
  }

  /** Whose message this was, by the id that the room gave it; undefined when it is not here (any more). */
  authorOf(stanzaId: string): string | undefined {
    return this.#messages.find((message) => message.stanzaId === stanzaId)?.authorId
  }

  /** Forgets a message that was taken back; false when it was not here. */
  remove(stanzaId: string): boolean {
    const left = this.#messages.filter((message) => message.stanzaId !== stanzaId)
    const wasThere = left.length < this.#messages.length
    this.#messages = left
    return wasThere
  }

  clear(): void {
    this.#messages = []
  }

  /** The newest messages within all limits, oldest first. */
  select({ maxStanzas, maxChars, since }: HistoryRequest): Stanza[] {
    const chosen: Stanza[] = []
    let chars = 0
    for (const message of this.#messages.slice(-this.#size).reverse()) {
      chars += message.chars
      if (chosen.length >= maxStanzas || chars > maxChars || message.at < since) break
      chosen.push(this.#shown(message))
    }
    return chosen.reverse()
  }

  #shown(message: PastMessage): Stanza {
    // §7.2.13: the delay is from the room itself.
    message.shown ??= Stanza.fromBytes(message.bytes, Jid.parse).append(delayElement(this.#room.full, message.at))
    return message.shown
  }
}
