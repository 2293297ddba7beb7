import { lookup, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { inSrvOrder, type SrvTarget } from './srv-order.ts'

/** Where a server can be reached. */
export interface ServerTarget {
  /** IP addresses, in the order of preference. */
  readonly addresses: readonly string[]
  readonly port: number
  /** TLS from the first byte. */
  readonly isDirectTls: boolean
}

/** How to look for servers. */
export interface LocatorOptions {
  /** Milliseconds that a name server has. */
  readonly timeout: number
  /** How often it is asked. */
  readonly retries: number
  /** IP versions, the preferred first. */
  readonly versions: readonly (4 | 6)[]
  /** Where there are no SRV records. */
  readonly port: number
  readonly wants: 'starttls' | 'direct-tls' | 'both'
  /** Name servers, as `address` or `address:port`; those of the system unless given. */
  readonly servers?: readonly string[] | undefined
}

/** A server that cannot be found. */
export class LocateError extends Error {
  override readonly name = 'LocateError'
  /** Nobody has answered: another time there may be an answer. */
  readonly isTimeout: boolean

  constructor(message: string, isTimeout: boolean) {
    super(message)
    this.isTimeout = isTimeout
  }
}

interface Service extends SrvTarget {
  readonly isDirectTls: boolean
}

/** Most servers of one domain that are tried. */
const maxTargets = 12
/** Answers that say that there is nothing of the kind. */
const absent = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME', 'EBADQUERY'])

/** Whether a server is an address by itself, as `192.0.2.1` or `[2001:db8::1]`. */
function literalOf(domain: string): string | undefined {
  const address = domain.startsWith('[') && domain.endsWith(']') ? domain.slice(1, -1) : domain
  return isIP(address) === 0 ? undefined : address
}

/** Finds the servers of domains by DNS (RFC 6120 §3.2, XEP-0368). */
export class ServerLocator {
  readonly #options: LocatorOptions
  readonly #resolver: Resolver

  constructor(options: LocatorOptions) {
    this.#options = options
    this.#resolver = new Resolver({ timeout: options.timeout, tries: options.retries })
    if (options.servers !== undefined) this.#resolver.setServers(options.servers)
  }

  /** The servers of a domain, in the order in which they are to be tried. Rejects with LocateError when there are none. */
  async *locate(domain: string): AsyncGenerator<ServerTarget> {
    const { port, wants } = this.#options
    const fallback = { port, isDirectTls: wants === 'direct-tls' }
    const literal = literalOf(domain)
    if (literal !== undefined) {
      yield { addresses: [literal], ...fallback }
      return
    }
    const name = domainToASCII(domain)
    if (name === '') throw new LocateError(`${domain} cannot be in DNS`, false)
    const services = await this.#services(name)
    const targets = services ?? [{ name, ...fallback }]
    let found = 0
    let trouble: LocateError | undefined
    for (const target of targets.slice(0, maxTargets)) {
      const addresses = await this.#addressesOf(target.name).catch((error: LocateError) => {
        trouble = error
        return []
      })
      if (addresses.length === 0) continue
      found++
      yield { addresses, port: target.port, isDirectTls: target.isDirectTls }
    }
    if (found === 0) throw trouble ?? new LocateError(`no address of ${domain} is known`, false)
  }

  /** Undefined where there are no SRV records at all. Rejects where they say that the service is not offered. */
  async #services(name: string): Promise<Service[] | undefined> {
    const { wants } = this.#options
    const [starttls, direct] = await Promise.all([
      wants === 'direct-tls' ? undefined : this.#srv(`_xmpp-server._tcp.${name}`),
      wants === 'starttls' ? undefined : this.#srv(`_xmpps-server._tcp.${name}`),
    ])
    const offered = [
      ...(starttls ?? []).map((target) => ({ ...target, isDirectTls: false })),
      ...(direct ?? []).map((target) => ({ ...target, isDirectTls: true })),
    ].filter(({ name }) => name !== '' && name !== '.')
    if (offered.length > 0) return inSrvOrder(offered)
    if (starttls !== undefined || (direct !== undefined && wants === 'direct-tls')) {
      throw new LocateError(`${name} offers no XMPP service to servers`, false)
    }
    return undefined
  }

  async #srv(name: string): Promise<SrvTarget[] | undefined> {
    try {
      return await this.#resolver.resolveSrv(name)
    } catch (error) {
      if (isAbsence(error)) return undefined
      throw asLocateError(name, error)
    }
  }

  async #addressesOf(name: string): Promise<string[]> {
    if (isIP(name) !== 0) return [name]
    const { versions, servers } = this.#options
    const answers = await Promise.allSettled(
      versions.map((version) => (version === 4 ? this.#resolver.resolve4(name) : this.#resolver.resolve6(name))),
    )
    const addresses = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (addresses.some((list) => list.length > 0)) return interleaved(addresses)
    // Names that the system knows otherwise, as `localhost`.
    const local = servers === undefined ? await lookup(name, { all: true }).catch(() => []) : []
    const usable = local.filter(({ family }) => versions.some((version) => version === family))
    if (usable.length > 0) return usable.map(({ address }) => address)
    const trouble = answers.find((answer) => answer.status === 'rejected' && !isAbsence(answer.reason))
    if (trouble !== undefined && trouble.status === 'rejected') throw asLocateError(name, trouble.reason)
    return []
  }
}

/** The first of each list, then the second ones: no version has to wait for the whole of another (RFC 8305 §4). */
function interleaved(lists: readonly (readonly string[])[]): string[] {
  const longest = Math.max(...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat()
}

function isAbsence(error: unknown): boolean {
  return absent.has((error as NodeJS.ErrnoException).code ?? '')
}

function asLocateError(name: string, error: unknown): LocateError {
  const { code = '' } = error as NodeJS.ErrnoException
  return new LocateError(`${name}: ${code || String(error)}`, code === 'ETIMEOUT' || code === 'ESERVFAIL')
}
