import type { Jid } from '../jid/jid.ts'
import type { ClientCertificate } from '../protocol/sasl/mechanism.ts'
import type { ScramHash, ScramKeys } from '../protocol/scram/keys.ts'
import { Credentials } from './credentials.ts'
import { type AuthMethod, AuthUnavailable } from './method.ts'
import { passwordForms } from './password.ts'
import { StoredPasswords, type StoredPasswordsOptions } from './stored-passwords.ts'

/** An HTTP request and what came of it. */
export interface HttpService {
  call(request: {
    method: 'GET' | 'POST'
    path: string
    headers?: Readonly<Record<string, string>>
    body?: string
  }): Promise<{ readonly status: number; readonly body: string }>
}

export interface HttpAccountsOptions extends StoredPasswordsOptions {
  readonly service: HttpService
  /** `user:password` for the HTTP server itself. */
  readonly basicAuth?: string | undefined
  /** The certificates in a PEM text, as DER. */
  readCertificates(pem: string): readonly Uint8Array[]
}

interface Answer {
  readonly status: number
  readonly body: string
}

/**
 * The method `http`: accounts kept by an HTTP server. With `password.format = "scram"` it keeps SCRAM keys as text and
 * passwords are checked here, else it keeps and checks passwords.
 */
export class HttpAccounts implements AuthMethod {
  readonly name = 'http'
  readonly scramHashes: readonly ScramHash[]
  readonly knowsCertificates = true
  readonly #options: HttpAccountsOptions
  readonly #passwords: StoredPasswords
  readonly #headers: Readonly<Record<string, string>>

  constructor(options: HttpAccountsOptions) {
    this.scramHashes = options.format === 'scram' ? options.hashes : []
    this.#options = options
    this.#passwords = new StoredPasswords(options)
    const { basicAuth } = options
    this.#headers =
      basicAuth === undefined ? {} : { authorization: `Basic ${Buffer.from(basicAuth).toString('base64')}` }
  }

  async exists(user: Jid): Promise<boolean> {
    return isTrue(await this.#get('user_exists', user))
  }

  async scramKeys(user: Jid, hash: ScramHash): Promise<ScramKeys | undefined> {
    return this.#passwords.keys(user, await this.#credentials(user), hash)
  }

  async checkPassword(user: Jid, password: string): Promise<boolean> {
    if (this.#options.format === 'scram') {
      return this.#passwords.check(user, await this.#credentials(user), password)
    }
    const [form] = passwordForms(password)
    return form !== undefined && isTrue(await this.#get('check_password', user, form))
  }

  async #credentials(user: Jid): Promise<Credentials | undefined> {
    const answer = await this.#get('get_password', user)
    if (answer.status !== 200) return undefined
    const isKeys = answer.body.startsWith('==')
    return new Credentials({ password: isKeys ? '' : answer.body, pass_details: isKeys ? answer.body.trim() : '' })
  }

  async checkCertificate(user: Jid, certificate: ClientCertificate): Promise<boolean> {
    const answer = await this.#get('get_certs', user)
    if (answer.status !== 200) return false
    return this.#options.readCertificates(answer.body).some((known) => Buffer.compare(known, certificate.raw) === 0)
  }

  async register(user: Jid, password: string): Promise<'created' | 'exists'> {
    const { status } = await this.#post('register', user, await this.#stored(password))
    if (status === 201 || status === 200 || status === 204) return 'created'
    if (status === 409) return 'exists'
    throw new AuthUnavailable(`the HTTP server refuses a registration with status ${status}`)
  }

  async setPassword(user: Jid, password: string): Promise<boolean> {
    return isDone(await this.#post('set_password', user, await this.#stored(password)))
  }

  async remove(user: Jid): Promise<boolean> {
    return isDone(await this.#post('remove_user', user))
  }

  async #stored(password: string): Promise<string> {
    const stored = await this.#passwords.make(password)
    return stored.pass_details === '' ? stored.password : stored.pass_details
  }

  #get(what: string, user: Jid, password = ''): Promise<Answer> {
    return this.#call({ method: 'GET', path: `${what}?${parameters(user, password)}`, headers: this.#headers })
  }

  #post(what: string, user: Jid, password = ''): Promise<Answer> {
    const headers = { ...this.#headers, 'content-type': 'application/x-www-form-urlencoded' }
    return this.#call({ method: 'POST', path: what, headers, body: parameters(user, password) })
  }

  /** Anything but an answer about this user means that nobody can tell now. */
  async #call(request: Parameters<HttpService['call']>[0]): Promise<Answer> {
    let answer: Answer
    try {
      answer = await this.#options.service.call(request)
    } catch (cause) {
      throw new AuthUnavailable('the HTTP server for accounts does not answer', { cause })
    }
    if (known.includes(answer.status)) return answer
    throw new AuthUnavailable(`the HTTP server for accounts answers with status ${answer.status}`)
  }
}

const known: readonly number[] = [200, 201, 204, 403, 404, 409]

function parameters({ local, domain }: Jid, password: string): string {
  return new URLSearchParams({ user: local, server: domain, pass: password }).toString()
}

function isTrue({ status, body }: Answer): boolean {
  return status === 200 && body.trim() === 'true'
}

function isDone({ status }: Answer): boolean {
  return status === 200 || status === 201 || status === 204
}
