import { Jid } from '../../jid/jid.ts'
import { delayElement } from '../../stanza/delay.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'

/** What is held for a client that nobody looks at: so many stanzas and bytes at most, in order. */
export class Holding {
  #held: HeldStanza[] = []
  #bytes = 0

  /** Takes a stanza that came at `now`. Everything, it included, when that is more than may be held; else undefined. */
  take(stanza: Stanza, now: number, most: HoldingLimits): readonly HeldStanza[] | undefined {
    this.#held.push({ stanza: ownCopy(stanza), at: now })
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

/** A copy with memory of its own: a short piece of a large read must not keep that alive for hours. */
function ownCopy(stanza: Stanza): Stanza {
  return Stanza.fromBytes(stanza.toBytes(), Jid.parse).withNotes(stanza.notes)
}

/** From when on a client is told how late a message is, in milliseconds. */
const noticeable = 1000

/** What was held, as it goes out at `now`: a message that comes late says since when it was there. */
export function overdue({ stanza, at }: HeldStanza, domain: string, now: number): Stanza {
  if (stanza.kind !== 'message' || stanza.type === 'error' || stanza.has('delay', NS.delay)) return stanza
  return now - at < noticeable ? stanza : stanza.append(delayElement(domain, at))
}

/** What somebody waits for at the other end, and will not wait long: a request, a call that rings (XEP-0353). */
function isUrgent(stanza: Stanza): boolean {
  if (stanza.kind === 'iq') return stanza.type === 'get' || stanza.type === 'set'
  return stanza.kind === 'message' && stanza.index.some(({ ns }) => ns === 'urn:xmpp:jingle-message:0')
}
