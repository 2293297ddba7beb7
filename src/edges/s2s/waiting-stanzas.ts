import { Jid } from '../../jid/jid.ts'
import { Stanza } from '../../stanza/stanza.ts'

/** Bytes of them all together, whatever their number. */
const maxBytes = 4 << 20

/** Stanzas that wait for a connection, in their order and within limits. */
export class WaitingStanzas {
  readonly #most: number
  #stanzas: Stanza[] = []
  #bytes = 0

  /** `most`: how many may wait. */
  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#stanzas.length
  }

  /** False where it is too much. */
  add(stanza: Stanza): boolean {
    if (this.#stanzas.length >= this.#most || this.#bytes + stanza.byteLength > maxBytes) return false
    this.#bytes += stanza.byteLength
    this.#stanzas.push(copyOf(stanza))
    return true
  }

  /** All of them; none wait any more. */
  take(): Stanza[] {
    const taken = this.#stanzas
    this.#stanzas = []
    this.#bytes = 0
    return taken
  }
}

/** A copy of its own, which keeps no read buffer alive. */
function copyOf(stanza: Stanza): Stanza {
  return Stanza.fromBytes(stanza.toBytes(), (text) => Jid.tryParse(text) ?? Jid.of('', 'invalid'))
    .readdressed(stanza.from, stanza.to)
    .onBehalfOf(stanza)
}
