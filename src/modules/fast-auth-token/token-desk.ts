import { randomBytes } from 'node:crypto'
import type { Accounts } from '../../auth/accounts.ts'
import type { TokenClaim } from '../../protocol/hashed-token/mechanism.ts'
import { hashedTokenKinds } from '../../protocol/hashed-token/names.ts'
import type { SaslAnswer } from '../../protocol/sasl/mechanism.ts'
import type { Sasl2Login, Sasl2Request } from '../../protocol/sasl2/login.ts'
import type { Sasl2Refusal } from '../../protocol/sasl2/profile.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import type { Clock } from '../../util/clock.ts'
import { type Element, el } from '../../xml/element.ts'
import type { Device, Slot, Token, TokenStore } from './store.ts'

export const NS = 'urn:xmpp:fast:0'

const tokenBytes = 25
// An integer that every database can keep.
const countForm = /^\d{1,15}$/

const wrong: SaslAnswer = { is: 'no', condition: 'not-authorized' }

export interface TokenDeskParts {
  readonly store: TokenStore
  readonly accounts: Accounts
  readonly clock: Clock
  /** Milliseconds that a token can be used. */
  readonly validity: number
  /** A token that ends within so many milliseconds is followed by another. */
  readonly rotateBefore: number
}

interface Used {
  readonly slot: Slot
  readonly token: Token
}

/** Gives out tokens and takes them (XEP-0484). */
export class TokenDesk {
  readonly #parts: TokenDeskParts
  /** By which token a login that goes on was proven. */
  readonly #used = new WeakMap<Sasl2Request, Used>()
  /** Nobody's: so that looking for no token takes as long. */
  readonly #decoy = newSecret()

  constructor(parts: TokenDeskParts) {
    this.#parts = parts
  }

  /** Looks at a request before its mechanism begins. */
  check({ element, agent }: Sasl2Request): Sasl2Refusal | undefined {
    const hasAgent = agent !== undefined && agent.id !== ''
    const mechanism = element.attr('mechanism') ?? ''
    if (hashedTokenKinds.has(mechanism)) {
      if (!hasAgent) return { condition: 'no-user-agent', text: 'User agent required' }
      const count = element.child('fast', NS)?.attr('count')
      if (count !== undefined && !countForm.test(count)) return { condition: 'malformed-request', text: undefined }
    }
    const isAsked = element.child('request-token', NS) !== undefined
    return isAsked && !hasAgent ? { condition: 'malformed-request', text: 'User agent required' } : undefined
  }

  /** Looks for the token of somebody who says that he has one: first the new, then the current one. */
  async prove(claim: TokenClaim): Promise<SaslAnswer> {
    const device = { user: claim.user, agent: claim.request.agent?.id ?? '' }
    const tokens = await this.#parts.store.find(device)
    const fits = (token: Token | undefined): boolean =>
      claim.isFor(token?.token ?? this.#decoy) && token?.mechanism === claim.kind.name
    const [isNew, isCurrent] = [fits(tokens.new), fits(tokens.current)]
    const slot = isNew ? 'new' : 'current'
    const token = tokens[slot]
    if (token === undefined || !(isNew || isCurrent)) return wrong
    // XEP-0484 §4.1: who has the token may know that it is too old.
    if (token.expires <= this.#parts.clock.now()) return { is: 'no', condition: 'credentials-expired' }
    return this.#accept(claim, device, { slot, token })
  }

  async #accept(claim: TokenClaim, device: Device, used: Used): Promise<SaslAnswer> {
    const count = claim.request.element.child('fast', NS)?.attr('count')
    // Noted before anything else, so that of two who send the same one is refused.
    if (count !== undefined && !(await this.#parts.store.claim(device, used.slot, used.token, Number(count))))
      return wrong
    if (!(await this.#parts.accounts.exists(claim.user))) return wrong
    this.#used.set(claim.request, used)
    return { is: 'yes', data: claim.answerTo(used.token.token) }
  }

  /** Keeps the books after a login; answers with `<token/>` when there is a new one. */
  async settle({ user, request }: Sasl2Login): Promise<Element | undefined> {
    const { element, agent } = request
    if (agent === undefined || agent.id === '') return undefined
    const device = { user, agent: agent.id }
    const used = this.#used.get(request)
    const isEnd = used !== undefined && isTrue(element.child('fast', NS)?.attr('invalidate'))
    if (isEnd) await this.#parts.store.forget(device)
    const mechanism = this.#wantedMechanism(element) ?? (isEnd ? undefined : this.#dueMechanism(used))
    const fresh = mechanism === undefined ? undefined : this.#make(mechanism)
    const promoted = used?.slot === 'new' && !isEnd ? used.token.token : undefined
    await this.#parts.store.settle(device, promoted, fresh)
    if (fresh === undefined) return undefined
    // XEP-0484 calls it `expiry`, MongooseIM `expire`.
    const expiry = formatTimestamp(fresh.expires)
    return el('token', NS, { token: fresh.token, expiry, expire: expiry })
  }

  #wantedMechanism(element: Element): string | undefined {
    return hashedTokenKinds.get(element.child('request-token', NS)?.attr('mechanism') ?? '')?.name
  }

  /** The mechanism of a token that will not last. */
  #dueMechanism(used: Used | undefined): string | undefined {
    const { clock, rotateBefore } = this.#parts
    const isDue = used !== undefined && used.token.expires - clock.now() <= rotateBefore
    return isDue ? used.token.mechanism : undefined
  }

  #make(mechanism: string): Token {
    return { token: newSecret(), mechanism, expires: this.#parts.clock.now() + this.#parts.validity, count: 0 }
  }
}

function newSecret(): string {
  return randomBytes(tokenBytes).toString('base64')
}

function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === '1'
}
