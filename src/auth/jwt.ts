import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { errors, jwtVerify } from 'jose'
import { Jid } from '../jid/jid.ts'
import type { AuthMethod } from './method.ts'

export interface JwtOptions {
  /** Shared secret for HS…, else a public key (or certificate) in PEM. */
  readonly secret: string
  /** As configured; 386 is MongooseIM's way to write 384. */
  readonly algorithm: string
  /** The claim that holds the local part. */
  readonly usernameKey: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** The method `jwt`: a signed token stands for the password, or for name and password. Every name may exist. */
export class JwtAccounts implements AuthMethod {
  readonly name = 'jwt'
  readonly #options: JwtOptions
  readonly #algorithm: string
  readonly #key: KeyObject

  /** Throws when the secret is no key for the algorithm. */
  constructor(options: JwtOptions) {
    this.#options = options
    this.#algorithm = options.algorithm.replace('386', '384')
    this.#key = this.#algorithm.startsWith('HS')
      ? createSecretKey(Buffer.from(options.secret))
      : publicKey(options.secret, this.#algorithm)
  }

  exists(): Promise<boolean> {
    return Promise.resolve(true)
  }

  async checkPassword(user: Jid, password: string): Promise<boolean> {
    return (await this.userOfToken(user.domain, password))?.full === user.full
  }

  async userOfToken(domain: string, token: string): Promise<Jid | undefined> {
    const name = await this.#nameIn(token)
    if (name === undefined || name === '') return undefined
    try {
      return Jid.ofStored(name, domain)
    } catch {
      return undefined
    }
  }

  async #nameIn(token: string): Promise<string | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [this.#algorithm],
        currentDate: new Date(this.#options.now()),
      })
      const name = payload[this.#options.usernameKey]
      return typeof name === 'string' ? name : undefined
    } catch (error) {
      // A token that is no good; what else goes wrong is no answer.
      if (error instanceof errors.JOSEError) return undefined
      throw error
    }
  }
}

function publicKey(pem: string, algorithm: string): KeyObject {
  const key = createPublicKey(pem)
  const wanted = algorithm.startsWith('RS') ? 'rsa' : 'ec'
  if (key.asymmetricKeyType !== wanted) throw new TypeError(`auth.jwt.secret is no key for ${algorithm}`)
  return key
}
