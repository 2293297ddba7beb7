import { timingSafeEqual } from 'node:crypto'
import { bindingRefused, SaslError } from '../sasl/condition.ts'
import { digest, hmac, type ScramHash, type ScramKeys, xor } from './keys.ts'
import { type ClientFirst, readClientFinal, readClientFirst } from './message.ts'

/** What one exchange is played under. */
export interface ScramSetup {
  readonly hash: ScramHash
  /** Whether the client chose the -PLUS form. */
  readonly isPlus: boolean
  /** Whether a -PLUS form was offered: a client that says it saw none has been lied to by somebody in between. */
  readonly wasPlusOffered: boolean
  /** The channel binding types announced for this connection. */
  readonly bindingTypes: readonly string[]
  /** The binding data of this connection. */
  channelBinding(type: string): Uint8Array | undefined
  /** The server's part of the nonce: printable ASCII without comma, fresh for each exchange. */
  readonly nonce: string
  /** XEP-0474's `h`, see {@link downgradeHash}; undefined leaves it out. */
  readonly downgradeHash?: string | undefined
}

/**
 * The server's side of one SCRAM exchange (RFC 5802, RFC 7677, RFC 9266): three calls in order, no I/O and no waiting.
 * Every method throws SaslError, after which the exchange is over.
 */
export class ScramServer {
  readonly #setup: ScramSetup
  #first: ClientFirst | undefined
  #keys: ScramKeys | undefined
  #isDecoy = false
  #serverFirst = ''

  constructor(setup: ScramSetup) {
    this.#setup = setup
  }

  /** Takes `client-first-message`; the caller then looks for the keys of `username`. */
  begin(message: Buffer): { username: string; authzid: string | undefined } {
    const first = readClientFirst(message)
    this.#checkFlag(first)
    this.#first = first
    return { username: first.username, authzid: first.authzid }
  }

  #checkFlag({ flag, bindingType }: ClientFirst): void {
    const { isPlus, wasPlusOffered, bindingTypes } = this.#setup
    if (isPlus !== (flag === 'p')) throw new SaslError('malformed-request')
    if (flag === 'y' && wasPlusOffered) throw bindingRefused()
    if (bindingType !== undefined && !bindingTypes.includes(bindingType)) throw bindingRefused()
  }

  /** Makes `server-first-message`. Decoy keys play on like real ones and fail at the proof. */
  challenge(keys: ScramKeys, isDecoy: boolean): Buffer {
    const { nonce, downgradeHash } = this.#setup
    this.#keys = keys
    this.#isDecoy = isDecoy
    const salt = keys.salt.toString('base64')
    const extra = downgradeHash === undefined ? '' : `,h=${downgradeHash}`
    this.#serverFirst = `r=${this.#first?.nonce}${nonce},s=${salt},i=${keys.iterations}${extra}`
    return Buffer.from(this.#serverFirst)
  }

  /** Takes `client-final-message` and, when the proof holds, gives `server-final-message`. */
  finish(message: Buffer): Buffer {
    const first = this.#first
    const keys = this.#keys
    if (first === undefined || keys === undefined) throw new SaslError('malformed-request')
    const final = readClientFinal(message)
    const { hash, nonce } = this.#setup
    const authMessage = `${first.bare},${this.#serverFirst},${final.withoutProof}`
    const signature = hmac(hash, keys.storedKey, authMessage)
    const isProven =
      final.proof.length === signature.length &&
      timingSafeEqual(digest(hash, xor(final.proof, signature)), keys.storedKey)
    const isBound = sameBytes(final.channelBinding, this.#expectedBinding(first))
    if (!isProven || !isBound || this.#isDecoy || final.nonce !== first.nonce + nonce) {
      throw new SaslError('not-authorized')
    }
    return Buffer.from(`v=${hmac(hash, keys.serverKey, authMessage).toString('base64')}`)
  }

  #expectedBinding(first: ClientFirst): Buffer {
    const header = Buffer.from(first.gs2Header)
    if (first.bindingType === undefined) return header
    const data = this.#setup.channelBinding(first.bindingType)
    if (data === undefined) throw new SaslError('not-authorized')
    return Buffer.concat([header, data])
  }
}

function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/**
 * The value of `h` in the server's first message (XEP-0474 0.5 §5): lets the client notice that somebody shortened the
 * lists it was offered. Bindings are left out when none were announced (XEP-0440).
 */
export function downgradeHash(hash: ScramHash, mechanisms: readonly string[], bindings: readonly string[]): string {
  const joined = (names: readonly string[]): string => [...names].sort().join('\x1e')
  const lists = bindings.length === 0 ? joined(mechanisms) : `${joined(mechanisms)}\x1f${joined(bindings)}`
  return digest(hash, lists).toString('base64')
}
