import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { Clock } from '../../src/util/clock.ts'
import { type Authority, makeAuthority } from './certificates.ts'
import { Client, type SignInOptions } from './client.ts'
import { type OwnTestServer, startTestServer, type TestServerOptions } from './server.ts'
import { freePorts } from './services.ts'

/** How one of the servers is to be. */
export interface FederatedOptions {
  /** Domains besides its own. */
  readonly domains?: readonly string[]
  /** `tls` of its listener, as the lines of a table; a certificate of the authority is there as `cert.pem`. */
  readonly tls?: string
  /** What stands in `[s2s]`. */
  readonly s2s?: string
  /** What stands in `[s2s.outgoing]` besides the addresses. */
  readonly outgoing?: string
  /** What stands in `[s2s.outgoing.tls]`. */
  readonly outgoingTls?: string
  /** What stands in `[[listen.s2s]]`. */
  readonly listen?: string
  /** Names of its certificate; its domains unless given. */
  readonly names?: readonly string[]
  /** More lines of what its certificate says, as `extendedKeyUsage=serverAuth`. */
  readonly extensions?: readonly string[]
  /** What stands in `[general]`. */
  readonly general?: string
  /** More tables. */
  readonly tables?: string
  readonly clock?: Clock
  /** Name servers. */
  readonly dnsServers?: readonly string[]
}

type StartedWith = TestServerOptions & { readonly config: string; readonly folder: string }

/** A server among others. */
export interface FederatedServer extends OwnTestServer {
  /** Where other servers connect. */
  readonly s2sPort: number
  readonly startedWith: StartedWith
  client(name: string, resource?: string, options?: SignInOptions): Promise<Client>
}

/** Where somebody else's server is. */
export interface OtherServer {
  readonly host: string
  readonly port: number
  readonly tls?: boolean
}

/** Certificates of one authority, and all that both sides check. */
export const trusted = {
  tls: 'mode = "starttls_required"\ncertfile = "cert.pem"\nkeyfile = "key.pem"\ncacertfile = "ca.pem"',
  outgoingTls: 'certfile = "cert.pem"\nkeyfile = "key.pem"\ncacertfile = "ca.pem"',
} as const

/** No TLS at all. */
export const inTheClear = { tls: 'mode = "none"', outgoingTls: 'mode = "none"' } as const

const modules = ['presence', 'roster', 'disco', 'ping', 'caps', 'pubsub', 'muc', 'offline', 'last', 'vcard', 'blocking']

function configOf(domain: string, port: number, options: FederatedOptions, others: readonly OtherServer[]): string {
  const {
    domains = [],
    tls = '',
    s2s = '',
    outgoing = '',
    outgoingTls = '',
    listen = '',
    general = '',
    tables = '',
  } = options
  // Whoever asks name servers is told nothing else.
  const known = options.dnsServers === undefined ? others : []
  const address = known.map(
    ({ host, port, tls = false }) =>
      `{ host = ${JSON.stringify(host)}, ip_address = "127.0.0.1", port = ${port}, tls = ${tls} }`,
  )
  return `
[general]
hosts = ${JSON.stringify([domain, ...domains])}
registration_timeout = "infinity"
loglevel = "critical"
${general}
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "starttls"
[[listen.s2s]]
port = ${port}
ip_address = "127.0.0.1"
${listen}
[listen.s2s.tls]
${tls}
[s2s]
${s2s}
[s2s.outgoing]
address = [${address.join(', ')}]
${outgoing}
[s2s.outgoing.tls]
${outgoingTls}
[auth.password]
scram_iterations = 4096
${modules.map((name) => `[modules.mod_${name}]`).join('\n')}
${tables}
`
}

/** A folder with the certificate of a server. */
async function furnish(
  authority: Authority,
  names: readonly string[],
  extensions: readonly string[] | undefined,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'meerkat-test-'))
  await authority.issue(folder, names, extensions)
  return folder
}

/** Servers that know where the others are, and are known to nobody else. */
export class Federated {
  readonly #clients: Client[] = []
  readonly #servers: FederatedServer[] = []
  #authority: Authority | undefined

  /** Starts one for each domain. */
  async start(
    servers: Readonly<Record<string, FederatedOptions>>,
    strangers: readonly OtherServer[] = [],
  ): Promise<FederatedServer[]> {
    this.#authority ??= await makeAuthority()
    const ports = await freePorts(Object.keys(servers).length)
    const places = Object.entries(servers).map(([domain, { domains = [] }], index) => ({
      domains: [
        domain,
        ...domains,
        ...['conference', 'pubsub', 'gateway', 'upload'].map((name) => `${name}.${domain}`),
      ],
      port: ports[index] ?? 0,
    }))
    const known = [...places.flatMap(({ domains, port }) => domains.map((host) => ({ host, port }))), ...strangers]
    const made: FederatedServer[] = []
    for (const [index, [domain, options]] of Object.entries(servers).entries()) {
      const port = ports[index] ?? 0
      const folder = await furnish(
        this.#authority,
        options.names ?? [domain, `*.${domain}`, ...(options.domains ?? [])],
        options.extensions,
      )
      const config = configOf(
        domain,
        port,
        options,
        known.filter(({ host }) => !host.endsWith(domain)),
      )
      const { clock, dnsServers } = options
      const own = { config, folder, ...(clock && { clock }), ...(dnsServers && { dnsServers }) }
      made.push(this.#dressed(await startTestServer(own), own, port))
    }
    this.#servers.push(...made)
    return made
  }

  /** Stops one of them and starts it again on the same data. */
  async restart(server: FederatedServer): Promise<FederatedServer> {
    await server.stop()
    const again = this.#dressed(await startTestServer(server.startedWith), server.startedWith, server.s2sPort)
    this.#servers.splice(this.#servers.indexOf(server), 1, again)
    return again
  }

  get authority(): Authority {
    if (this.#authority === undefined) throw new Error('nothing has been started')
    return this.#authority
  }

  #dressed(server: OwnTestServer, startedWith: StartedWith, s2sPort: number): FederatedServer {
    return {
      ...server,
      startedWith,
      s2sPort,
      client: async (name, resource, options = {}) => {
        await server.registerUser(name, 'secret').catch(() => {})
        const client = await Client.signIn(server, { local: name, password: 'secret' }, resource, options)
        this.#clients.push(client)
        if (options.presence !== false) await client.isPresent(options.presence)
        return client
      },
    }
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.destroy()
    for (const server of this.#servers.splice(0)) {
      await server.stop()
      await rm(server.startedWith.folder, { recursive: true, force: true })
    }
    await this.#authority?.remove()
    this.#authority = undefined
  }
}

/** Two servers, for the tests of the surrounding block. */
export function twoServers(
  first: FederatedOptions,
  second: FederatedOptions = first,
): {
  readonly a: FederatedServer
  readonly b: FederatedServer
  readonly federated: Federated
} {
  const federated = new Federated()
  let servers: FederatedServer[] = []
  beforeAll(async () => {
    servers = await federated.start({ 'a.test': first, 'b.test': second })
  })
  afterAll(() => federated.stop())
  const running = (index: number): FederatedServer => {
    const server = servers[index]
    if (server === undefined) throw new Error('the servers run only within tests')
    return server
  }
  return {
    federated,
    get a() {
      return running(0)
    },
    get b() {
      return running(1)
    },
  }
}
