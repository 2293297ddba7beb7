import { Accounts } from '../auth/accounts.ts'
import type { AccountsObserver } from '../auth/accounts-observer.ts'
import { ExistenceMemories } from '../auth/existence-memory.ts'
import { KeyDeriver } from '../auth/key-deriver.ts'
import type { AuthMethod } from '../auth/method.ts'
import { hashNames } from '../auth/offered-mechanisms.ts'
import { serverSecret } from '../auth/secrets.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Config } from '../config/schema.ts'
import type { ServicePools } from '../net/service-pools.ts'
import type { Logger } from '../observe/logger.ts'
import type { Decoy, ScramHash } from '../protocol/scram/keys.ts'
import type { Database } from '../storage/database.ts'
import type { Clock } from '../util/clock.ts'
import { makeMethod } from './auth-methods.ts'
import type { LiveConfig } from './live-config.ts'
import type { OutgoingPools } from './outgoing-pools.ts'

export interface OpenAccounts {
  readonly accounts: Accounts
  /** For the answers that users who do not exist get. */
  readonly decoy: Decoy
  /** Ends what the methods have opened: connections, programs. */
  close(): Promise<void>
}

/** The accounts of every host type. */
export interface AllAccounts {
  of(hostType: string): OpenAccounts
  close(): Promise<void>
}

/** What account stores are opened with. */
export interface AccountsParts {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  readonly pools: ServicePools
  readonly observer?: AccountsObserver
  readonly cluster: Cluster
}

/** As {@link AccountsParts}, for every host type. */
export type AllAccountsParts = Omit<AccountsParts, 'pools'> & { readonly pools: OutgoingPools }

/** Opens the account stores of every host type; hosts without an `auth` of their own share those of the general one. */
export async function openAllAccounts(live: LiveConfig, parts: AllAccountsParts): Promise<AllAccounts> {
  const { pools } = parts
  const opened = new Map<Config['auth'] | string, OpenAccounts>()
  const keyOf = (type: string) => (pools.isOwn(type) ? type : live.of(type).auth)
  const close = async () => {
    for (const accounts of opened.values()) await accounts.close()
  }
  try {
    for (const type of hostTypesOf(live.current)) {
      if (opened.has(keyOf(type))) continue
      opened.set(keyOf(type), await openAccounts(live.of(type), { ...parts, pools: pools.of(type) }))
    }
  } catch (error) {
    await close()
    throw error
  }
  const ofHost = new Map(hostTypesOf(live.current).map((type) => [type, opened.get(keyOf(type))]))
  const of = (hostType: string) => {
    const found = ofHost.get(hostType)
    if (found === undefined) throw new Error(`${hostType} is not hosted here`)
    return found
  }
  return { of, close }
}

function hostTypesOf({ general }: Config): string[] {
  return [...general.hosts, ...general.host_types]
}

/** Opens the account stores that the configuration names, in its order. Nothing is left open when it rejects. */
export async function openAccounts(
  config: Config,
  { db, clock, log, pools, observer, cluster }: AccountsParts,
): Promise<OpenAccounts> {
  const { password, max_users_per_domain: maxPerDomain } = config.auth
  const secret = await serverSecret(db, 'scram_decoy')
  const hashes = password.hash.map((name) => hashNames[name] as ScramHash)
  const iterations = password.scram_iterations
  const opened: (() => Promise<unknown> | unknown)[] = []
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
    ...{ config, db, clock, log, pools, cluster },
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
  const memories = new ExistenceMemories(cluster)
  opened.push(() => memories.end())
  return { accounts: new Accounts(methods, options, memories), decoy: { secret, iterations }, close }
}

type Name = Config['auth']['methods'][number]

/** `internal` and `rdbms` are one store under two names: the first that is named stands for both. */
function distinct(names: readonly Name[]): readonly Name[] {
  const isStore = (name: Name) => name === 'internal' || name === 'rdbms'
  const store = names.find(isStore)
  return names.filter((name) => !isStore(name) || name === store)
}
