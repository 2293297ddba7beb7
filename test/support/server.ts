import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '../../src/config/load.ts'
import { Jid } from '../../src/jid/jid.ts'
import type { AnyModule } from '../../src/module/define.ts'
import { allModules } from '../../src/modules/all.ts'
import { createLogger } from '../../src/observe/logger.ts'
import { registerAccount } from '../../src/router/accounts.ts'
import { createServer, type Server } from '../../src/server.ts'
import type { ServerDatabaseOptions } from '../../src/storage/open.ts'
import type { Clock } from '../../src/util/clock.ts'
import type { Address } from './stream.ts'

/** The server the stories talk to. */
export interface TestServer extends Address {
  /** TCP with STARTTLS allowed but not required. */
  readonly port: number
  /** TLS from the first byte. */
  readonly tlsPort: number
  /** Where RFC 7395 is spoken, `ws://` or `wss://`. */
  readonly wsUrl: string
  /** Where XEP-0124 is spoken, where it is. */
  readonly boshUrl?: string | undefined
  readonly domain: string
  /** The page with the web chat, where there is one. */
  readonly chatUrl?: string | undefined
  /** TCP where STARTTLS is required before anything else; the domain may be another one of the same server. */
  readonly strict?: { readonly port: number; readonly domain: string } | undefined
  registerUser(user: string, password: string): Promise<void>
  /** Needed only where the server outlives the run. */
  removeUser?(user: string, password: string): Promise<void>
  stop?(): Promise<void>
}

/** Our own server, with what a test may reach behind its ports. */
export interface OwnTestServer extends TestServer {
  readonly httpUrl: string
  readonly server: Server
  stop(): Promise<void>
}

const settings = `
[general]
hosts = ["localhost"]
registration_timeout = "infinity"
loglevel = "warning"

[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
max_stanza_size = 65536
tls.mode = "starttls"

[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
max_stanza_size = 65536
tls.mode = "tls"

[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
max_stanza_size = 65536
tls.mode = "starttls_required"

[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[[listen.http.handlers.mongoose_websocket_handler]]
path = "/ws-xmpp"
max_stanza_size = 65536
[[listen.http.handlers.mongoose_bosh_handler]]
path = "/http-bind"
max_stanza_size = 65536
[[listen.http.handlers.webchat_handler]]
path = "/chat/"
[[listen.http.handlers.host_meta_handler]]
path = "/.well-known"
[[listen.http.handlers.health_handler]]
path = "/health"

[services.service_bosh]

[auth.password]
scram_iterations = 4096

[modules.mod_presence]
[modules.mod_roster]
versioning = true
[modules.mod_disco]
[modules.mod_offline]
[modules.mod_private]
[modules.mod_ping]
[modules.mod_time]
[modules.mod_version]
[modules.mod_register]
[modules.mod_last]
[modules.mod_sic]
[modules.mod_vcard]
[modules.mod_caps]
[modules.mod_pubsub]
[modules.mod_bind2]
[modules.mod_carboncopy]
[modules.mod_csi]
[modules.mod_fast_auth_token]
[modules.mod_muc]
[modules.mod_adhoc]
[modules.mod_privacy]
[modules.mod_blocking]
[modules.mod_stream_management]
`

/** What a test wants otherwise than the stories have it. */
export interface TestServerOptions {
  /** The whole configuration. */
  readonly config?: string
  /** What comes after the configuration of the stories. */
  readonly more?: string
  /** The database server that keeps its data, instead of a file. */
  readonly database?: ServerDatabaseOptions
  /** Where its data is, and stays when it stops. */
  readonly folder?: string
  readonly clock?: Clock
  /** Name servers that tell where other servers are. */
  readonly dnsServers?: readonly string[]
  /** Modules besides those that come with the server. */
  readonly modules?: readonly AnyModule[]
}

const drivers = { postgres: 'pgsql', mysql: 'mysql' } as const

/** The pool of a database in a configuration. */
export function poolOf({ kind, host, port, database, username, password }: ServerDatabaseOptions): string {
  const connection = { driver: drivers[kind], host, port, database, username, password, max_start_interval: 1 }
  const lines = Object.entries(connection).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
  return `\n[outgoing_pools.rdbms.default.connection]\n${lines.join('\n')}\n[auth.rdbms]\n`
}

/** Starts our own server in this process on free loopback ports, with its data in a folder that goes when it stops. */
export async function startTestServer({
  config = settings,
  more: rest = '',
  database,
  folder: kept,
  clock,
  dnsServers,
  modules: own = [],
}: TestServerOptions = {}): Promise<OwnTestServer> {
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'meerkat-test-')))
  const text = config + rest + (database === undefined ? '' : poolOf(database))
  const modules = [...allModules, ...own]
  const { config: parsed } = parseConfig({ text, file: join(folder, 'meerkat.toml'), modules })
  const log = createLogger({ level: parsed.general.loglevel })
  const server = createServer({
    ...{ config: parsed, log, modules },
    ...(clock === undefined ? {} : { clock }),
    ...(dnsServers === undefined ? {} : { dnsServers }),
  })
  await server.start()
  const portOf = (kind: string, nth = 0) => server.ports.filter((port) => port.kind === kind)[nth]?.port ?? 0
  const domain = parsed.general.default_server_domain
  const http = `127.0.0.1:${portOf('http')}`
  const https = portOf('https')
  return {
    host: '127.0.0.1',
    port: portOf('c2s'),
    tlsPort: portOf('c2s_tls'),
    wsUrl: https === 0 ? `ws://${http}/ws-xmpp` : `wss://127.0.0.1:${https}/ws-xmpp`,
    boshUrl: https === 0 ? `http://${http}/http-bind` : `https://127.0.0.1:${https}/http-bind`,
    httpUrl: `http://${http}`,
    chatUrl: `http://${http}/chat/`,
    domain,
    strict: { port: portOf('c2s', 1), domain },
    server,
    async registerUser(user, password) {
      const host = server.hostOf(domain)
      if (host === undefined || !(await registerAccount(host, Jid.of(user, domain), password))) {
        throw new Error(`${user} cannot be registered`)
      }
    },
    async stop() {
      await server.close()
      if (kept === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}
