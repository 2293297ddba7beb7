import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { Jid } from '../jid/jid.ts'
import type { SaslAnswer } from '../protocol/sasl/mechanism.ts'
import type { Clock } from '../util/clock.ts'
import { Lru } from '../util/lru.ts'
import { networkOf } from '../util/network.ts'
import { isSameSecret } from '../util/same-secret.ts'
import { HttpError, type HttpExchange } from './http-exchange.ts'

/** A name and a password as Basic authentication carries them (RFC 7617). */
export interface Credentials {
  readonly name: string
  readonly password: string
}

/** Finds out who a request comes from, or throws the HttpError that it is answered with. */
export type Gate<Caller> = (exchange: HttpExchange) => Promise<Caller>

/** 401 with the challenge that goes with it. */
export function unauthorised(reason: string): HttpError {
  return new HttpError(401, reason, { 'www-authenticate': 'Basic realm="mongooseim"' })
}

/** The credentials of a request; undefined where it brings none. Throws 401 where they cannot be read. */
export function basicCredentials({ headers }: IncomingMessage): Credentials | undefined {
  const { authorization } = headers
  if (authorization === undefined) return undefined
  const [, encoded = ''] = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(authorization) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  const [, name, password] = (isUtf8(bytes) && /^([^:]*):(.*)$/s.exec(bytes.toString('utf8'))) || []
  if (name === undefined || password === undefined) throw unauthorised('Malformed credentials')
  return { name, password }
}

/** Networks whose failures are remembered; beyond that the longest unused are forgotten. */
const remembered = 50_000

/** Lets nobody guess more than so many credentials in so long a time, whatever they are for (10 a minute). */
export class GuessLimit {
  readonly #clock: Clock
  readonly #most: number
  readonly #span: number
  /** When the last failures of a network were, oldest first. */
  readonly #failures = new Lru<string, number[]>(remembered)

  /** `span` in milliseconds. */
  constructor(clock: Clock, { most = 10, span = 60_000 } = {}) {
    this.#clock = clock
    this.#most = most
    this.#span = span
  }

  /**
   * What `check` has found. Throws 401 where it has found nothing, and 429 for a peer that has failed too often, right or
   * wrong: who tries many at once is told no more than who tries one after another.
   */
  async check<T>(address: string, check: () => Promise<T | undefined> | T | undefined): Promise<T> {
    this.#refuse(address)
    const found = await check()
    this.#refuse(address)
    if (found !== undefined) return found
    const peer = networkOf(address)
    this.#failures.set(peer, [...this.#recent(peer), this.#clock.now()])
    throw unauthorised('Wrong credentials')
  }

  #recent(peer: string): readonly number[] {
    const since = this.#clock.now() - this.#span
    return (this.#failures.get(peer) ?? []).filter((at) => at > since)
  }

  #refuse(address: string): void {
    const recent = this.#recent(networkOf(address))
    const [first] = recent
    if (first === undefined || recent.length < this.#most) return
    const wait = Math.ceil((first + this.#span - this.#clock.now()) / 1000)
    throw new HttpError(429, 'Too many wrong credentials', { 'retry-after': String(wait) })
  }
}

/** Whether credentials are these; both parts are compared whatever the first comparison says. */
export function isSame(given: Credentials, own: Credentials): boolean {
  return [isSameSecret(given.name, own.name), isSameSecret(given.password, own.password)].every(Boolean)
}

/** The credentials of an API that has its own, and what becomes of requests where it has none. */
export interface OwnCredentials {
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** Credentials that nobody asks for are wrong; otherwise they are not looked at. */
  readonly refusesNeedless?: boolean
}

/** Lets in who knows the one name and password of an API, or everybody where it has none. */
export function ownGate({ username, password, refusesNeedless }: OwnCredentials, limit: GuessLimit): Gate<undefined> {
  return async ({ request, remote }) => {
    const isOpen = username === undefined || password === undefined
    if (isOpen && (request.headers.authorization === undefined || refusesNeedless !== true)) return undefined
    const given = basicCredentials(request)
    if (given === undefined) throw unauthorised('Credentials are required')
    await limit.check(remote.address, () => {
      if (isOpen) return undefined
      return isSame(given, { name: username, password }) || undefined
    })
    return undefined
  }
}

/** Checks the password of an account, as everywhere else. */
export type CheckPassword = (user: Jid, password: string, address: string) => Promise<SaslAnswer>

/** The account whose bare address and password these are. Throws 401, 403 where it may not come in, 429, and 503. */
export function accountOfCredentials(
  { name, password }: Credentials,
  { address, limit, check }: { readonly address: string; readonly limit: GuessLimit; readonly check: CheckPassword },
): Promise<Jid> {
  return limit.check(address, async () => {
    const user = accountNamed(name)
    // As PLAIN has it (RFC 4616 §2).
    if (user === undefined || password === '' || password.includes('\0')) return undefined
    const answer = await check(user, password, address)
    if (answer.is === 'yes') return user
    if (answer.is !== 'no' || answer.condition === 'not-authorized') return undefined
    if (answer.condition === 'temporary-auth-failure') throw new HttpError(503, 'Credentials cannot be checked now')
    throw new HttpError(403, answer.text ?? 'This account may not be used')
  })
}

function accountNamed(name: string): Jid | undefined {
  const jid = Jid.tryParse(name)
  return jid === undefined || jid.local === '' || jid.isFull ? undefined : jid
}

/** Lets in the owners of accounts. */
export function accountGate(limit: GuessLimit, check: CheckPassword): Gate<Jid> {
  return async ({ request, remote: { address }, noted }) => {
    const given = basicCredentials(request)
    if (given === undefined) throw unauthorised('Credentials are required')
    const user = await accountOfCredentials(given, { address, limit, check })
    if (noted !== undefined) noted.jid = user.bareString
    return user
  }
}
