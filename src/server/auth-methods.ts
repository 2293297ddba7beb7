import { AnonymousAccounts } from '../auth/anonymous.ts'
import { DummyAccounts } from '../auth/dummy.ts'
import { ExternalAccounts } from '../auth/external.ts'
import { HttpAccounts } from '../auth/http.ts'
import type { AuthMethod } from '../auth/method.ts'
import { PkiAccounts } from '../auth/pki.ts'
import { SqlAccounts } from '../auth/sql.ts'
import type { StoredPasswordsOptions } from '../auth/stored-passwords.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Config } from '../config/schema.ts'
import type { Jid } from '../jid/jid.ts'
import { readPemCertificates } from '../net/client-certificate.ts'
import { FramedProgram } from '../net/framed-program.ts'
import type { ServicePools } from '../net/service-pools.ts'
import type { Logger } from '../observe/logger.ts'
import type { Database } from '../storage/database.ts'
import type { Clock } from '../util/clock.ts'

/** What methods are made of. */
export interface MethodParts {
  readonly config: Config
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  readonly pools: ServicePools
  readonly cluster: Cluster
  readonly passwords: StoredPasswordsOptions
  /** Whether a method other than `anonymous` has this account. */
  isKept(user: Jid): Promise<boolean>
  /** What is to be given back when the server stops. */
  opened(close: () => Promise<unknown> | unknown): void
}

type Name = Config['auth']['methods'][number]

/** For a program: until its first answer, and for every other, in milliseconds. */
const programTimes = { startTimeout: 60_000, callTimeout: 10_000 }

// Methods that need a library of their own load it when they are configured.
const makers: Readonly<Record<Name, (parts: MethodParts) => AuthMethod | Promise<AuthMethod>>> = {
  anonymous: anonymousAccounts,
  dummy: dummyAccounts,
  external: externalAccounts,
  http: httpAccounts,
  internal: (parts) => sqlAccounts('internal', parts),
  jwt: jwtAccounts,
  ldap: ldapAccounts,
  pki: () => new PkiAccounts(),
  rdbms: (parts) => sqlAccounts('rdbms', parts),
}

/** Makes the method of this name from its table. Rejects when the table is missing or names something unusable. */
export async function makeMethod(name: Name, parts: MethodParts): Promise<AuthMethod> {
  return makers[name](parts)
}

/** A table that the configuration has been checked to hold. */
function sectionOf<K extends Name>(name: K, { config }: MethodParts): NonNullable<Config['auth'][K]> {
  const section = config.auth[name]
  if (section === undefined) throw new Error(`there is no table auth.${name}`)
  return section as NonNullable<Config['auth'][K]>
}

async function sqlAccounts(
  name: 'internal' | 'rdbms',
  { db, clock, passwords, cluster, opened }: MethodParts,
): Promise<AuthMethod> {
  const accounts = await SqlAccounts.open(db, { ...passwords, name, cluster, now: () => clock.now() })
  opened(() => accounts.close())
  return accounts
}

function anonymousAccounts({ config, clock, passwords, isKept }: MethodParts): AuthMethod {
  const { protocol = 'sasl_anon', allow_multiple_connections: allowMultipleConnections = false } =
    config.auth.anonymous ?? {}
  return new AnonymousAccounts({ ...passwords, protocol, allowMultipleConnections, clock, isKept })
}

function dummyAccounts({ config, clock }: MethodParts): AuthMethod {
  const { base_time: baseTime = 50, variance = 450 } = config.auth.dummy ?? {}
  return new DummyAccounts({ baseTime, variance, clock })
}

function externalAccounts(parts: MethodParts): AuthMethod {
  const { program, instances } = sectionOf('external', parts)
  const { clock, log } = parts
  const running = new FramedProgram({ ...programTimes, program, instances, clock, report: (event) => log.warn(event) })
  parts.opened(() => running.close())
  return new ExternalAccounts(running)
}

async function httpAccounts({ config, pools, passwords }: MethodParts): Promise<AuthMethod> {
  const service = await pools.http('auth')
  return new HttpAccounts({
    ...passwords,
    service,
    basicAuth: config.auth.http?.basic_auth,
    readCertificates: readPemCertificates,
  })
}

async function jwtAccounts(parts: MethodParts): Promise<AuthMethod> {
  const { JwtAccounts } = await import('../auth/jwt.ts')
  const { secret, algorithm, username_key: usernameKey } = sectionOf('jwt', parts)
  return new JwtAccounts({ secret, algorithm, usernameKey, now: () => parts.clock.now() })
}

async function ldapAccounts(parts: MethodParts): Promise<AuthMethod> {
  const { LdapAccounts } = await import('../auth/ldap.ts')
  const section = sectionOf('ldap', parts)
  return new LdapAccounts({
    directory: await parts.pools.ldap(section.pool_tag),
    binder: await parts.pools.ldap(section.bind_pool_tag),
    base: section.base,
    uids: section.uids,
    filter: section.filter,
    dnFilter: section.dn_filter,
    localFilter: section.local_filter,
    deref: section.deref,
  })
}
