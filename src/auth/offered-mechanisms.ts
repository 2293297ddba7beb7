import { anonymousMechanism } from '../protocol/sasl/anonymous.ts'
import { type ExternalOptions, externalMechanism } from '../protocol/sasl/external.ts'
import type { SaslMechanism } from '../protocol/sasl/mechanism.ts'
import { oauthBearerMechanism } from '../protocol/sasl/oauthbearer.ts'
import { plainMechanism } from '../protocol/sasl/plain.ts'
import { scramMechanism } from '../protocol/sasl/scram.ts'
import { type ScramHash, scramHashes } from '../protocol/scram/keys.ts'
import type { Accounts } from './accounts.ts'

/** The hashes by the names that `auth.password.hash` has for them. */
export const hashNames: Readonly<Record<string, ScramHash>> = {
  sha: 'SHA-1',
  sha224: 'SHA-224',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
}

const scramName = /^scram_sha(1|224|256|384|512)(_plus)?$/

/** How a port wants its mechanisms. */
export interface OfferOptions {
  /** Passwords and tokens are sent as they are, so they wait for TLS. */
  readonly plainOnlyOverTls: boolean
  /** `auth.sasl_external` and `auth.sasl_external_common_name`. */
  readonly external?: Omit<ExternalOptions, 'takesUnverified'>
  /** Mechanisms that come with modules, by their names. */
  readonly more?: ReadonlyMap<string, SaslMechanism>
}

/**
 * The mechanisms named in `auth.sasl_mechanisms` that these accounts can serve, in that order. Names of mechanisms that
 * need another kind of account are passed over.
 */
export function offeredMechanisms(
  names: readonly string[],
  accounts: Accounts,
  options: OfferOptions,
): SaslMechanism[] {
  return names.flatMap((name) => mechanismFor(name, accounts, options) ?? [])
}

function mechanismFor(name: string, accounts: Accounts, options: OfferOptions): SaslMechanism | undefined {
  const onlyOverTls = options.plainOnlyOverTls
  switch (name) {
    case 'plain':
      return accounts.canCheckPasswords ? plainMechanism({ onlyOverTls }) : undefined
    case 'oauthbearer':
      return accounts.canCheckTokens ? oauthBearerMechanism({ onlyOverTls }) : undefined
    case 'anonymous':
      return accounts.takesGuests ? anonymousMechanism() : undefined
    case 'external':
      return accounts.canCheckCertificates ? externalFor(accounts, options) : undefined
    case 'oauth':
    case 'x_oauth':
      return options.more?.get('oauth')
    default:
      return scramFor(name, accounts.scramHashes)
  }
}

function externalFor(accounts: Accounts, { external }: OfferOptions): SaslMechanism {
  const rules = external ?? { rules: ['standard'], prefix: '', suffix: '' }
  return externalMechanism({ ...rules, takesUnverified: accounts.knowsCertificates })
}

function scramFor(name: string, hashes: ReadonlySet<ScramHash>): SaslMechanism | undefined {
  const scram = scramName.exec(name)
  const hash = scramHashes.find((each) => each === `SHA-${scram?.[1]}`)
  return hash !== undefined && hashes.has(hash) ? scramMechanism(hash, scram?.[2] !== undefined) : undefined
}
