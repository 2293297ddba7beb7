import { Accounts } from '../auth/accounts.ts'
import type { AccountsObserver } from '../auth/accounts-observer.ts'
import { Authenticator } from '../auth/authenticator.ts'
import type { ClientNote } from '../edges/client-service.ts'
import type { Jid } from '../jid/jid.ts'
import type { SaslAnswer, SaslRequest } from '../protocol/sasl/mechanism.ts'
import { userEnters } from '../router/sign-in-events.ts'
import { accountMetrics } from './account-metrics.ts'
import { hostTypeLabel } from './host-type-label.ts'
import type { ListenerParts } from './port.ts'
import type { StreamHosts } from './stream-hosts.ts'

/** Answers what those who sign in on a port have to prove, slows down those who guess, and counts what goes wrong. */
export class SignInDesk {
  readonly #parts: ListenerParts
  readonly #hosts: StreamHosts
  readonly #authenticators = new WeakMap<Accounts, Authenticator>()
  readonly #observer: AccountsObserver

  constructor(parts: ListenerParts, hosts: StreamHosts) {
    this.#parts = parts
    this.#hosts = hosts
    this.#observer = accountMetrics(parts.metrics, parts.router)
  }

  /** Those who have guessed too often wait for their answer. */
  async answer(request: SaslRequest, address: string): Promise<SaslAnswer> {
    const { guard, clock } = this.#parts
    const account = 'user' in request ? request.user.bareString : undefined
    if (request.ask !== 'admission') {
      const wait = guard.delay(account, address)
      if (wait === undefined) {
        this.limitReached('login', { jid: account, ip: address })
        return { is: 'no', condition: 'temporary-auth-failure' }
      }
      if (wait > 0) await new Promise<void>((resolve) => clock.after(wait, resolve))
    }
    const domain = 'user' in request ? request.user.domain : request.domain
    const ask = () => this.#authenticatorFor(domain).answer(request)
    const answer = await this.#observer.measure('authorize', domain, ask)
    if (request.ask === 'admission' && answer.is === 'yes') guard.succeeded(request.user.bareString, address)
    return answer
  }

  /** What a password is worth, by the rules of PLAIN: whether it is right, then whether its owner may come in. */
  async checkPassword(user: Jid, password: string, address: string): Promise<SaslAnswer> {
    const mechanism = 'PLAIN'
    const proof = await this.answer({ ask: 'password', user, password }, address)
    const answer = proof.is === 'yes' ? await this.answer({ ask: 'admission', user, mechanism }, address) : proof
    if (answer.is === 'no') {
      const { condition } = answer
      this.noteFailure({ what: 'auth_failed', user, domain: user.domain, mechanism, condition, address })
    }
    return answer
  }

  /** Why somebody may not come in. */
  refusalOf(user: Jid) {
    const host = this.#parts.router.hostOf(user.domain)
    return host?.hooks.run(userEnters, { host, user: user.bare })
  }

  /** Counts a failed attempt. */
  noteFailure({ user, domain, mechanism, condition, address }: ClientNote & { what: 'auth_failed' }): void {
    const { guard, log, metrics, router } = this.#parts
    const account = user?.bareString
    const labels = { host_type: hostTypeLabel(router, user?.domain ?? domain) }
    metrics.counter('c2s_auth_failed_count', 'Failed authentications of clients', ['host_type']).with(labels).inc()
    log.info({ what: 'auth_failed', mechanism, reason: condition, jid: account, ip: address })
    if (condition !== 'not-authorized' || account === undefined) return
    if (guard.failed(account, address)) this.limitReached('failed_login', { jid: account, ip: address })
  }

  /** Counts and logs that a client has met a limit. */
  limitReached(limit: string, fields: Record<string, unknown>): void {
    const { log, metrics } = this.#parts
    metrics.counter('c2s_limit_reached_count', 'Clients that met a limit', ['limit']).with({ limit }).inc()
    log.info({ what: `${limit}_limit_reached`, ...fields })
  }

  #authenticatorFor(domain: string): Authenticator {
    const accounts = this.#hosts.accountsOf(domain) ?? nobody
    const known = this.#authenticators.get(accounts)
    if (known !== undefined) return known
    const failed = (error: unknown) => this.#parts.log.error({ what: 'authentication_unavailable', reason: error })
    const admit = (user: Jid) => this.refusalOf(user)
    const made = new Authenticator(accounts, admit, failed)
    this.#authenticators.set(accounts, made)
    return made
  }
}

/** The accounts of a domain that is not hosted here (any more). */
const nobody = new Accounts([])
