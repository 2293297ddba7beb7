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
import type { LiveConfig } from './live-config.ts'

export interface OpenAccounts {
  readonly accounts: Accounts
  /** For the answers that users who do not exist get. */
  readonly decoy: Decoy
}

/** Opens the account stores of every host type; hosts without an `auth` of their own share those of the general one. */
export async function openAllAccounts(
  live: LiveConfig,
  { db, clock, log }: { readonly db: Database; readonly clock: Clock; readonly log: Logger },
): Promise<(hostType: string) => OpenAccounts> {
  const opened = new Map<Config['auth'], OpenAccounts>()
  for (const host of live.current.general.hosts) {
    const config = live.of(host)
    if (!opened.has(config.auth)) opened.set(config.auth, await openAccounts(config, db, clock, log))
  }
  const ofHost = new Map(live.current.general.hosts.map((host) => [host, opened.get(live.of(host).auth)]))
  return (hostType) => {
    const found = ofHost.get(hostType)
    if (found === undefined) throw new Error(`${hostType} is not hosted here`)
    return found
  }
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
