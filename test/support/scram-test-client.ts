import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

interface Options {
  hash?: string
  username: string
  password: string
  gs2?: string
  binding?: Buffer
}

/** A client's side of SCRAM for tests, written apart from the server's so that the two check each other. */
export class ScramTestClient {
  readonly #options: Options
  readonly #node: string
  #bare = ''
  #serverSignature = ''

  constructor(options: Options) {
    this.#options = options
    this.#node = (options.hash ?? 'SHA-1').replace('-', '').toLowerCase()
  }

  first(nonce = 'fyko+d2lbbFgONRv9qkxdawL'): Buffer {
    const name = this.#options.username.replaceAll('=', '=3D').replaceAll(',', '=2C')
    this.#bare = `n=${name},r=${nonce}`
    return Buffer.from(`${this.#options.gs2 ?? 'n'},,${this.#bare}`)
  }

  final(challenge: Buffer, changes: { nonce?: string; anyNonce?: boolean } = {}): Buffer {
    const fields = new Map(
      challenge
        .toString()
        .split(',')
        .map((field): [string, string] => [field.slice(0, 1), field.slice(2)]),
    )
    const nonce = fields.get('r') ?? ''
    if (changes.anyNonce !== true && !nonce.startsWith(this.#bare.split('r=')[1] ?? ''))
      throw new Error('foreign nonce')
    const salt = Buffer.from(fields.get('s') ?? '', 'base64')
    const bytes = createHash(this.#node).digest().length
    const salted = pbkdf2Sync(this.#options.password, salt, Number(fields.get('i')), bytes, this.#node)
    const clientKey = this.#hmac(salted, 'Client Key')
    const header = Buffer.from(`${this.#options.gs2 ?? 'n'},,`)
    const bound = Buffer.concat([header, this.#options.binding ?? Buffer.alloc(0)]).toString('base64')
    const withoutProof = `c=${bound},r=${changes.nonce ?? nonce}`
    const signed = `${this.#bare},${challenge},${withoutProof}`
    const signature = this.#hmac(createHash(this.#node).update(clientKey).digest(), signed)
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0)))
    this.#serverSignature = this.#hmac(this.#hmac(salted, 'Server Key'), signed).toString('base64')
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`)
  }

  isServerProven(serverFinal: Buffer): boolean {
    return serverFinal.toString() === `v=${this.#serverSignature}`
  }

  #hmac(key: Buffer, data: string): Buffer {
    return createHmac(this.#node, key).update(data).digest()
  }
}
