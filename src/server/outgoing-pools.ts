import type { Config } from '../config/schema.ts'
import { openHttpPool, poolSizes } from '../net/configured-pool.ts'
import type { HttpPool } from '../net/http-pool.ts'
import type { LdapPool } from '../net/ldap-pool.ts'
import type { Clock } from '../util/clock.ts'

/** The connections to other services that the configuration names, each opened when it is first asked for. */
export class OutgoingPools {
  readonly #config: Config['outgoing_pools']
  readonly #clock: Clock
  readonly #http = new Map<string, Promise<HttpPool>>()
  readonly #ldap = new Map<string, Promise<LdapPool>>()

  constructor(config: Config['outgoing_pools'], clock: Clock) {
    this.#config = config
    this.#clock = clock
  }

  /** The pool of HTTP connections with this tag. Rejects when there is none, or its files cannot be read. */
  http(tag: string): Promise<HttpPool> {
    return remembered(this.#http, tag, async () => {
      const table = this.#config.http[tag]
      if (table === undefined) throw new Error(`there is no outgoing_pools.http.${tag}`)
      return openHttpPool(table, this.#clock)
    })
  }

  /** The pool of LDAP connections with this tag. Rejects when there is none, or its files cannot be read. */
  ldap(tag: string): Promise<LdapPool> {
    return remembered(this.#ldap, tag, async () => {
      const table = this.#config.ldap[tag]
      if (table === undefined) throw new Error(`there is no outgoing_pools.ldap.${tag}`)
      const { connection, ...pool } = table
      const isSecure = connection.tls !== undefined || connection.encrypt === 'tls'
      const { LdapPool } = await import('../net/ldap-pool.ts')
      return LdapPool.open({
        ...poolSizes(pool),
        servers: connection.servers,
        port: connection.port ?? (isSecure ? 636 : 389),
        rootDn: connection.root_dn,
        password: connection.password,
        connectInterval: connection.connect_interval,
        tls: connection.tls ?? (isSecure ? usualTls : undefined),
        clock: this.#clock,
      })
    })
  }

  async close(): Promise<void> {
    const pools = await Promise.allSettled([...this.#http.values(), ...this.#ldap.values()])
    await Promise.all(pools.map((pool) => (pool.status === 'fulfilled' ? pool.value.close() : undefined)))
  }
}

/** An empty `tls` table. */
const usualTls = { verify_mode: 'peer', versions: ['tlsv1.2', 'tlsv1.3'], crl_files: [] } as const

function remembered<T>(known: Map<string, Promise<T>>, tag: string, open: () => Promise<T>): Promise<T> {
  const before = known.get(tag)
  if (before !== undefined) return before
  const opened = open()
  known.set(tag, opened)
  return opened
}
