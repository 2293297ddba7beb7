import type { SaslMechanism } from '../protocol/sasl/mechanism.ts'
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

/**
 * The mechanisms named in `auth.sasl_mechanisms` that these accounts can serve, in that order. Names of mechanisms that
 * need another kind of account are passed over.
 */
export function offeredMechanisms(
  names: readonly string[],
  accounts: Accounts,
  options: { plainOnlyOverTls: boolean },
): SaslMechanism[] {
  const hashes = accounts.scramHashes
  return names.flatMap((name) => {
    if (name === 'plain') {
      return accounts.canCheckPasswords ? [plainMechanism({ onlyOverTls: options.plainOnlyOverTls })] : []
    }
    const scram = scramName.exec(name)
    const hash = scramHashes.find((each) => each === `SHA-${scram?.[1]}`)
    return hash !== undefined && hashes.has(hash) ? [scramMechanism(hash, scram?.[2] !== undefined)] : []
  })
}
