import type { HttpPool } from './http-pool.ts'
import type { LdapPool } from './ldap-pool.ts'
import type { RabbitPool } from './rabbit-pool.ts'
import type { RedisPool } from './redis-pool.ts'

/**
 * The connections to other services that the configuration names for a host type, by their tag (`outgoing_pools`). Rejects
 * where there is none of that tag or its files cannot be read. Who asks does not close them.
 */
export interface ServicePools {
  http(tag: string): Promise<HttpPool>
  ldap(tag: string): Promise<LdapPool>
  redis(tag: string): Promise<RedisPool>
  rabbit(tag: string): Promise<RabbitPool>
}
