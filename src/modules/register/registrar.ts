import { AccountLimitReached, AuthUnavailable, UnusablePassword } from '../../auth/method.ts'
import { Jid } from '../../jid/jid.ts'
import { IpRanges } from '../../net/ip-ranges.ts'
import type { LimitReached } from '../../observe/limits.ts'
import type { Logger } from '../../observe/logger.ts'
import { changePassword, registerAccount } from '../../router/accounts.ts'
import type { Host } from '../../router/host.ts'
import type { Session } from '../../router/session.ts'
import { NS as core } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { networkOf } from '../../util/network.ts'
import { type Element, el } from '../../xml/element.ts'
import { registrationAsked } from './api.ts'
import { formatUtcDate } from './date.ts'
import { isComplete } from './form.ts'
import type { RegisterOptions } from './options.ts'
import { entropy } from './password-strength.ts'
import { DailyLimit, RateLimit } from './rate-limit.ts'

/** Who asks for an account: `key` is what the time between two attempts is counted for. */
export interface Source {
  readonly key: string
  readonly address: string
  /** Undefined for somebody who is signed in. */
  readonly connection?: object
}

/** Makes accounts and changes passwords on request, by the configured rules. */
export class Registrar {
  readonly #host: Host
  readonly #options: RegisterOptions
  readonly #log: Logger
  readonly #limitReached: LimitReached
  readonly #ranges: IpRanges
  readonly #limit: RateLimit
  readonly #daily: DailyLimit

  constructor(host: Host, options: RegisterOptions, log: Logger, limitReached: LimitReached) {
    this.#host = host
    this.#options = options
    this.#log = log
    this.#limitReached = limitReached
    this.#daily = new DailyLimit(host.clock)
    this.#ranges = new IpRanges(options.ip_access)
    this.#limit = new RateLimit(host.clock, host.config.general.registration_timeout * 1000)
  }

  /** Makes the account that `query` asks for; throws the error that says why not. */
  async register(query: Element, domain: string, source: Source): Promise<void> {
    const user = accountName(query, domain)
    const { connection } = source
    const permit = await this.#host.hooks.run(registrationAsked, { host: this.#host, user, connection })
    if (permit === undefined) await this.#register(user, query, source)
    else await permit.use(() => this.#register(user, query, source, true))
  }

  /** Who is invited need not be allowed to register, nor is counted. */
  async #register(user: Jid, query: Element, source: Source, isInvited = false): Promise<void> {
    this.#checkAddress(source)
    if (!isInvited) this.#checkSource(user, source)
    if (!isInvited) this.#checkDay(user, source)
    const password = query.childText('password') ?? ''
    if (password === '') throw new StanzaError('not-acceptable')
    this.#checkStrength(password)
    if (!this.#host.accounts.canRegister) throw new StanzaError('not-allowed')
    if (!(await withStanzaErrors(() => registerAccount(this.#host, user, password)))) throw new StanzaError('conflict')
    for (const key of [user.domain, networkOf(source.key)]) this.#daily.add(key)
    this.#log.info({ what: 'account_registered', jid: user.full, ip: source.address })
    this.#welcome(user)
    this.#tellWatchers(user, source.address)
  }

  /** Changes the password of somebody who is signed in. */
  async changePassword(user: Jid, query: Element, by: Session | undefined): Promise<void> {
    if (!this.mayChange(user)) throw new StanzaError('forbidden')
    const password = query.childText('password') ?? ''
    if (password === '') throw new StanzaError('bad-request')
    this.#checkStrength(password)
    if (!(await withStanzaErrors(() => changePassword(this.#host, user.bare, password, by)))) {
      throw new StanzaError('not-allowed')
    }
  }

  /** Whether a user may change the password or remove the account. */
  mayChange(user: Jid): boolean {
    return this.#host.access.allows(this.#options.access, user, user.domain)
  }

  #checkAddress({ address }: Source): void {
    if (!this.#ranges.allows(address)) throw new StanzaError('forbidden')
  }

  #checkSource(user: Jid, source: Source): void {
    if (!this.#host.access.allows(this.#options.access, user, user.domain)) throw new StanzaError('forbidden')
    if (!this.#limit.take(networkOf(source.key))) {
      this.#limitReached('registration', { ip: source.address })
      throw new StanzaError('resource-constraint', { text: 'Users are not allowed to register accounts so quickly' })
    }
  }

  #checkDay(user: Jid, source: Source): void {
    const { max_per_day: ofDomain, max_per_address_per_day: ofAddress } = this.#options
    const network = networkOf(source.key)
    const isReached = this.#daily.isReached(user.domain, ofDomain) || this.#daily.isReached(network, ofAddress)
    if (!isReached) return
    this.#limitReached('daily_registration', { ip: source.address })
    throw new StanzaError('resource-constraint', { text: 'There have been too many registrations today' })
  }

  #checkStrength(password: string): void {
    if (this.#options.password_strength > 0 && entropy(password) < this.#options.password_strength) {
      throw new StanzaError('not-acceptable', { text: 'The password is too weak' })
    }
  }

  #welcome(user: Jid): void {
    const message = this.#options.welcome_message
    if (message === undefined) return
    const children = [el('subject', core.client, message.subject), el('body', core.client, message.body)]
    const head = { type: 'normal', from: Jid.of('', user.domain), to: user }
    this.#host.router.post(Stanza.make('message', head, ...children))
  }

  #tellWatchers(user: Jid, address: string): void {
    const time = formatUtcDate(this.#host.clock.now())
    const body = `[${time}] The account ${user.full} was registered from IP address ${address} using mod_register.`
    for (const to of this.#options.registration_watchers) {
      const head = { type: 'chat', from: Jid.of('', user.domain), to }
      this.#host.router.post(Stanza.make('message', head, el('body', core.client, body)))
    }
  }
}

/** Puts what an account store rejects with into the errors of XEP-0077. */
async function withStanzaErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof UnusablePassword) throw new StanzaError('not-acceptable', { cause })
    if (cause instanceof AccountLimitReached) {
      throw new StanzaError('not-allowed', { text: 'This domain takes no more accounts', cause })
    }
    if (cause instanceof AuthUnavailable) throw new StanzaError('resource-constraint', { cause })
    throw cause
  }
}

/** The account that a complete query names. */
export function accountName(query: Element, domain: string): Jid {
  if (!isComplete(query)) throw new StanzaError('bad-request')
  const name = query.childText('username') ?? ''
  if (name === '') throw new StanzaError('bad-request')
  try {
    return Jid.of(name, domain)
  } catch (cause) {
    throw new StanzaError('bad-request', { cause })
  }
}
