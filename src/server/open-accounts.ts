import { Accounts } from '../auth/accounts.ts'
import { KeyDeriver } from '../auth/key-deriver.ts'
import { hashNames } from '../auth/offered-mechanisms.ts'
import { serverSecret } from '../auth/secrets.ts'
import { SqlAccounts } from '../auth/sql.ts'
import type { Config } from '../config/schema.ts'
import type { Logger } from '../observe/logger.ts'
import type { Decoy, ScramHash } from '../protocol/scram/keys.ts'
import type { Database } from '../storage/database.ts'
import type { Clock } from '../util/clock.ts'

export interface OpenAccounts {
  readonly accounts: Accounts
  /** For the answers that users who do not exist get. */
  readonly decoy: Decoy
}

/** Opens the account stores that the configuration names, in its order. */
export async function openAccounts(config: Config, db: Database, clock: Clock, log: Logger): Promise<OpenAccounts> {
  const { password, methods, max_users_per_domain: maxPerDomain } = config.auth
  const secret = await serverSecret(db, 'scram_decoy')
  const hashes = password.hash.map((name) => hashNames[name] as ScramHash)
  const iterations = password.scram_iterations
  const deriver = new KeyDeriver()
  // `internal` and `rdbms` are one store under two names.
  const name = methods[0] ?? 'internal'
  const store = await SqlAccounts.open(db, {
    name,
    format: password.format,
    hashes,
    iterations,
    secret,
    deriver,
    now: () => clock.now(),
  })
  const accounts = new Accounts([store], {
    maxPerDomain,
    onFailure: (method, error) => log.error({ what: 'auth_method_failed', method, reason: error }),
  })
  return { accounts, decoy: { secret, iterations } }
}
