import { Accounts, type AccountsObserver } from '../auth/accounts.ts'
import { KeyDeriver } from '../auth/key-deriver.ts'
import type { AuthMethod } from '../auth/method.ts'
import { hashNames } from '../auth/offered-mechanisms.ts'
import { serverSecret } from '../auth/secrets.ts'
import type { Config } from '../config/schema.ts'
import type { Logger } from '../observe/logger.ts'
import type { Decoy, ScramHash } from '../protocol/scram/keys.ts'
import type { Database } from '../storage/database.ts'
import type { Clock } from '../util/clock.ts'
import { makeMethod } from './auth-methods.ts'
import type { LiveConfig } from './live-config.ts'
import { OutgoingPools } from './outgoing-pools.ts'

export interface OpenAccounts {
  readonly accounts: Accounts
  /** For the answers that users who do not exist get. */
  readonly decoy: Decoy
  /** Ends what the methods have opened: connections, programs. */
  close(): Promise<void>
}

/** What accounts are opened with. */
export interface AccountParts {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  readonly observer?: AccountsObserver
}

/** The accounts of every host type. */
export interface AllAccounts {
  of(hostType: string): OpenAccounts
  close(): Promise<void>
}

/** Opens the account stores of every host type; hosts without an `auth` of their own share those of the general one. */
export async function openAllAccounts(live: LiveConfig, parts: AccountParts): Promise<AllAccounts> {
  const opened = new Map<Config['auth'], OpenAccounts>()
  const close = async () => {
    for (const accounts of opened.values()) await accounts.close()
  }
  try {
    for (const host of live.current.general.hosts) {
      const config = live.of(host)
      if (!opened.has(config.auth)) opened.set(config.auth, await openAccounts(config, parts))
    }
  } catch (error) {
    await close()
    throw error
  }
  const ofHost = new Map(live.current.general.hosts.map((host) => [host, opened.get(live.of(host).auth)]))
  const of = (hostType: string) => {
    const found = ofHost.get(hostType)
    if (found === undefined) throw new Error(`${hostType} is not hosted here`)
    return found
  }
  return { of, close }
}

/** Opens the account stores that the configuration names, in its order. Nothing is left open when it rejects. */
export async function openAccounts(config: Config, { db, clock, log, observer }: AccountParts): Promise<OpenAccounts> {
  const { password, max_users_per_domain: maxPerDomain } = config.auth
  const secret = await serverSecret(db, 'scram_decoy')
  const hashes = password.hash.map((name) => hashNames[name] as ScramHash)
  const iterations = password.scram_iterations
  const pools = new OutgoingPools(config.outgoing_pools, clock)
  const opened: (() => Promise<unknown> | unknown)[] = [() => pools.close()]
  const close = async () => {
    for (const giveBack of opened.splice(0).reverse()) await giveBack()
  }
  const options = {
    maxPerDomain,
    ...(observer === undefined ? {} : { observer }),
    onFailure: (method: string, error: unknown) => log.error({ what: 'auth_method_failed', method, reason: error }),
  }
  const methods: AuthMethod[] = []
  const parts = {
    ...{ config, db, clock, log, pools },
    passwords: { format: password.format, hashes, iterations, secret, deriver: new KeyDeriver() },
    isKept: (user: Parameters<AuthMethod['exists']>[0]) =>
      new Accounts(
        methods.filter(({ name }) => name !== 'anonymous'),
        options,
      ).exists(user),
    opened: (giveBack: () => Promise<unknown> | unknown) => void opened.push(giveBack),
  }
  try {
    for (const name of distinct(config.auth.methods)) methods.push(await makeMethod(name, parts))
  } catch (error) {
    await close()
    throw error
  }
  return { accounts: new Accounts(methods, options), decoy: { secret, iterations }, close }
}

type Name = Config['auth']['methods'][number]

/** `internal` and `rdbms` are one store under two names: the first that is named stands for both. */
function distinct(names: readonly Name[]): readonly Name[] {
  const isStore = (name: Name) => name === 'internal' || name === 'rdbms'
  const store = names.find(isStore)
  return names.filter((name) => !isStore(name) || name === store)
}
