import { isUtf8 } from 'node:buffer'
import { Jid } from '../../jid/jid.ts'
import { SaslError } from './condition.ts'
import { accountOf } from './identity.ts'
import type { ClientCertificate, SaslAnswer, SaslContext, SaslExchange, SaslMechanism, SaslStep } from './mechanism.ts'

/** A way to find the user: by an XMPP address in the certificate, by its common name, by what the client says. */
export type CertificateRule = 'standard' | 'common_name' | 'auth_id'

export interface ExternalOptions {
  /** Tried in this order. */
  readonly rules: readonly CertificateRule[]
  /** Put around a common name to make a local part. */
  readonly prefix: string
  readonly suffix: string
  /** Offer it to clients whose certificate nobody trusted vouches for: there is a method that knows each certificate. */
  readonly takesUnverified: boolean
}

class ExternalExchange implements SaslExchange {
  readonly #options: ExternalOptions
  readonly #domain: string
  readonly #certificate: ClientCertificate | undefined
  /** The users that this client may be, to be asked about one after another. */
  #candidates: Jid[] | undefined

  constructor(options: ExternalOptions, context: SaslContext) {
    this.#options = options
    this.#domain = context.domain
    this.#certificate = context.security.clientCertificate
  }

  receive(data: Buffer | undefined): SaslStep {
    if (this.#candidates !== undefined) throw new SaslError('malformed-request')
    // Nothing at all asks for a challenge; an empty response is an empty authorization identity (XEP-0178 §3).
    if (data === undefined) return { step: 'challenge', data: Buffer.alloc(0) }
    if (!isUtf8(data) || data.includes(0)) throw new SaslError('malformed-request')
    const certificate = this.#certificate
    if (certificate === undefined) throw new SaslError('not-authorized')
    const asked = this.#askedFor(data.toString('utf8'))
    const found = this.#options.rules.flatMap((rule) => this.#usersBy(rule, certificate, asked))
    this.#candidates = found.filter((user, index) => found.findIndex((other) => other.full === user.full) === index)
    if (this.#candidates.length === 0 && this.#isChoice(certificate, asked)) throw new SaslError('invalid-authzid')
    return this.#askNext()
  }

  /** The user that the client says it is; an identity that is no account of this domain fails. */
  #askedFor(authzid: string): Jid | undefined {
    if (authzid === '') return undefined
    const user = accountOf(authzid, this.#domain)
    if (user === undefined) throw new SaslError('not-authorized')
    return user
  }

  #usersBy(rule: CertificateRule, certificate: ClientCertificate, asked: Jid | undefined): Jid[] {
    if (rule === 'auth_id') return asked === undefined ? [] : [asked]
    if (rule === 'standard') {
      const users = this.#addressesOf(certificate)
      if (asked !== undefined) return users.filter((user) => user.full === asked.full)
      return users.length === 1 ? users : []
    }
    const { prefix, suffix } = this.#options
    const user = certificate.commonName && accountOf(`${prefix}${certificate.commonName}${suffix}`, this.#domain)
    if (!user) return []
    return asked === undefined || asked.full === user.full ? [user] : []
  }

  /** The accounts of this domain that the certificate names. */
  #addressesOf({ addresses }: ClientCertificate): Jid[] {
    const users = new Map<string, Jid>()
    for (const address of addresses) {
      const jid = Jid.tryParse(address)
      if (jid?.isBare === true && jid.local !== '' && jid.domain === this.#domain) users.set(jid.full, jid)
    }
    return [...users.values()]
  }

  /** Several addresses and no word which one is meant (XEP-0178 §3). */
  #isChoice(certificate: ClientCertificate, asked: Jid | undefined): boolean {
    return asked === undefined && this.#options.rules.includes('standard') && this.#addressesOf(certificate).length > 1
  }

  #askNext(): SaslStep {
    const user = this.#candidates?.[0]
    const certificate = this.#certificate
    if (user === undefined || certificate === undefined) throw new SaslError('not-authorized')
    return { step: 'ask', request: { ask: 'certificate', user, certificate } }
  }

  answer(answer: SaslAnswer): SaslStep {
    const user = this.#candidates?.shift()
    if (answer.is === 'yes' && user !== undefined) return { step: 'success', user }
    if (answer.is !== 'no') throw new SaslError('temporary-auth-failure')
    if (answer.condition !== 'not-authorized') throw new SaslError(answer.condition, answer.text)
    return this.#askNext()
  }
}

/** EXTERNAL (RFC 4422 appendix A, XEP-0178): the client is who its TLS certificate says it is. */
export function externalMechanism(options: ExternalOptions): SaslMechanism {
  return {
    name: 'EXTERNAL',
    needs: options.takesUnverified ? 'certificate' : 'verified-certificate',
    begin: (context: SaslContext) => new ExternalExchange(options, context),
  }
}
