import { createHmac } from 'node:crypto'
import type { ServiceOptions } from './options.ts'

/** How long credentials made from a secret are good for, in seconds. */
const lifetime = 3600

/** Types that are known whether such a service is configured or not: those of the registry, their secure forms, common ones. */
const wellKnown = new Set(['ftp', 'ftps', 'http', 'https', 'sftp', 'stun', 'stuns', 'turn', 'turns'])

/** A service as somebody is told of it. */
export interface ToldService extends Omit<ServiceOptions, 'secret'> {
  /** When the credentials end, in seconds since the epoch. */
  readonly expires?: number
}

/** Which services are asked for. */
export interface ServiceQuery {
  readonly type: string
  readonly host: string
  /** As it was written. */
  readonly port: string | undefined
}

/** Whether a type means anything here: it is configured, or a name that is in use. */
export function isKnownType(services: readonly ServiceOptions[], type: string): boolean {
  return wellKnown.has(type) || services.some((service) => service.type === type)
}

/** Those that a query is for. Names of hosts are equal in any case. */
export function matching(services: readonly ServiceOptions[], { type, host, port }: ServiceQuery): ServiceOptions[] {
  const name = host.toLowerCase()
  return services.filter(
    (service) =>
      service.type === type &&
      service.host.toLowerCase() === name &&
      (port === undefined || String(service.port) === port),
  )
}

export function hasCredentials({ username, password, secret }: ServiceOptions): boolean {
  return username !== undefined || password !== undefined || secret !== undefined
}

/**
 * A service with credentials for `name`: those that are configured, or ones made from the secret as TURN servers with a
 * shared secret check them. `now`: milliseconds since the epoch.
 */
export function toldTo(name: string, { secret, ...service }: ServiceOptions, now: number): ToldService {
  if (secret === undefined) return service
  const expires = Math.floor(now / 1000) + lifetime
  const username = `${expires}:${name}`
  return { ...service, username, password: passwordFor(username, secret), expires }
}

/** What a TURN server with this secret takes as password of a user name. */
export function passwordFor(username: string, secret: string): string {
  return createHmac('sha1', secret).update(username).digest('base64')
}
