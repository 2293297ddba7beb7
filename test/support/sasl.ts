import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type { TLSSocket } from 'node:tls'

/** A kind of channel binding that this client can compute. `tls-unique` is here for older servers only. */
export type BindingType = 'tls-exporter' | 'tls-server-end-point' | 'tls-unique'

export interface ScramOptions {
  readonly mechanism: string
  readonly user: string
  readonly password: string
  readonly authzid?: string | undefined
  /** The gs2 flag: `n`, `y`, or `p=TYPE`. */
  readonly flag?: string | undefined
  readonly binding?: Uint8Array | undefined
}

/** The client's side of SCRAM (RFC 5802), written for the tests alone. */
export class ScramClient {
  readonly #options: ScramOptions
  readonly #hash: string
  readonly nonce = randomBytes(18).toString('base64')
  readonly #gs2: string
  readonly #first: string
  #serverSignature = ''

  constructor(options: ScramOptions) {
    this.#options = options
    this.#hash = hashOf(options.mechanism)
    this.#gs2 = `${options.flag ?? 'n'},${options.authzid ? `a=${escapeName(options.authzid)}` : ''},`
    this.#first = `n=${escapeName(options.user)},r=${this.nonce}`
  }

  first(): string {
    return this.#gs2 + this.#first
  }

  /** The answer to the server's first message. `change` lets a story spoil it before the proof is computed. */
  final(serverFirst: string, change: { nonce?: string } = {}): string {
    const fields = new Map(serverFirst.split(',').map((field) => [field.slice(0, 1), field.slice(2)]))
    const salt = Buffer.from(fields.get('s') ?? '', 'base64')
    const channel = Buffer.concat([Buffer.from(this.#gs2), this.#options.binding ?? Buffer.alloc(0)])
    const bare = `c=${channel.toString('base64')},r=${change.nonce ?? fields.get('r')}`
    const length = createHash(this.#hash).digest().length
    const salted = pbkdf2Sync(this.#options.password, salt, Number(fields.get('i')), length, this.#hash)
    const clientKey = this.#hmac(salted, 'Client Key')
    const message = `${this.#first},${serverFirst},${bare}`
    const signature = this.#hmac(createHash(this.#hash).update(clientKey).digest(), message)
    const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0))
    this.#serverSignature = this.#hmac(this.#hmac(salted, 'Server Key'), message).toString('base64')
    return `${bare},p=${Buffer.from(proof).toString('base64')}`
  }

  /** Whether the server has proved that it knows the password too. */
  isProven(serverFinal: string): boolean {
    return serverFinal === `v=${this.#serverSignature}`
  }

  #hmac(key: Uint8Array, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest()
  }
}

function hashOf(mechanism: string): string {
  const name = /^SCRAM-(SHA-\d+)/.exec(mechanism)?.[1]
  if (!name) throw new Error(`not a SCRAM mechanism: ${mechanism}`)
  return name.replace('-', '').toLowerCase()
}

function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C')
}

/** The payload of PLAIN (RFC 4616). */
export function plainPayload(user: string, password: string, authzid = ''): string {
  return Buffer.from(`${authzid}\0${user}\0${password}`).toString('base64')
}

/** What both ends of a TLS connection know and nobody between them (RFC 9266, RFC 5929). */
export function channelBinding(socket: TLSSocket, type: BindingType): Buffer {
  if (type === 'tls-exporter') return socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
  if (type === 'tls-unique') return socket.getFinished() ?? Buffer.alloc(0)
  // RFC 5929 §4.1: the hash of the certificate's signature; the certificates of the tests are signed with SHA-256.
  return createHash('sha256').update(socket.getPeerCertificate().raw).digest()
}
