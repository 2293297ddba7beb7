import type { Stanza } from '../../stanza/stanza.ts'

/** What is held for a client that nobody looks at: so many stanzas and bytes at most, in order. */
export class Holding {
  #held: HeldStanza[] = []
  #bytes = 0

  /** Takes a stanza that came at `now`. Everything, it included, when that is more than may be held; else undefined. */
  take(stanza: Stanza, now: number, most: HoldingLimits): readonly HeldStanza[] | undefined {
    this.#held.push({ stanza: stanza.kept(), at: now })
    this.#bytes += stanza.byteLength
    const isTooMuch = this.#held.length > most.stanzas || this.#bytes > most.bytes
    return isTooMuch || isUrgent(stanza) ? this.empty() : undefined
  }

  /** Gives up what is held. */
  empty(): readonly HeldStanza[] {
    const held = this.#held
    this.#held = []
    this.#bytes = 0
    return held
  }
}

export interface HeldStanza {
  readonly stanza: Stanza
  /** When it came, in milliseconds since the epoch. */
  readonly at: number
}

export interface HoldingLimits {
  readonly stanzas: number
  readonly bytes: number
}

/** What somebody waits for at the other end, and will not wait long: a request, a call that rings (XEP-0353). */
function isUrgent(stanza: Stanza): boolean {
  if (stanza.kind === 'iq') return stanza.type === 'get' || stanza.type === 'set'
  return stanza.kind === 'message' && stanza.index.some(({ ns }) => ns === 'urn:xmpp:jingle-message:0')
}
