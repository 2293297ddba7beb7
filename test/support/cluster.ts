import { afterAll, beforeAll } from 'vitest'
import type { ServerDatabaseOptions } from '../../src/storage/open.ts'
import { Client, type SignInOptions } from './client.ts'
import { freshDatabase, onDatabase } from './databases.ts'
import { RedisServer } from './redis-server.ts'
import { type OwnTestServer, poolOf, startTestServer } from './server.ts'
import { suiteNeeding } from './services.ts'

/** A suite about several nodes: it needs Redis and PostgreSQL. */
export function onCluster(title: string, body: () => void): void {
  onDatabase('postgres', title, () => suiteNeeding(['redis-server'], 'with Redis', body))
}

/** What a node is started with otherwise than the others. */
export interface NodeOptions {
  /** Tables after those that all have. */
  readonly more?: string
  /** Lines of `[internal_databases.cluster]`. */
  readonly cluster?: string
}

const base = `
[general]
hosts = ["localhost"]
registration_timeout = "infinity"
loglevel = "critical"

[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "starttls"

[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "tls"

[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[[listen.http.handlers.health_handler]]
path = "/health"

[auth.password]
scram_iterations = 4096
`

/** Nodes over one database and one Redis, for the tests of the surrounding block. */
export class TestCluster {
  readonly nodes = new Map<string, OwnTestServer>()
  readonly #settings: string
  readonly #clients: Client[] = []
  #redis: RedisServer | undefined
  #database: ServerDatabaseOptions | undefined

  /** `settings`: tables that every node has. `names`: the nodes that are there from the start. */
  constructor(settings: string, names: readonly string[]) {
    this.#settings = settings
    beforeAll(async () => {
      this.#redis = await RedisServer.start()
      this.#database = (await freshDatabase('postgres')) as ServerDatabaseOptions
      for (const name of names) await this.start(name)
    })
    afterAll(async () => {
      for (const client of this.#clients) client.destroy()
      for (const name of [...this.nodes.keys()]) await this.stop(name)
      await this.#redis?.stop()
    })
  }

  get redis(): RedisServer {
    if (this.#redis === undefined) throw new Error('Redis runs only within tests')
    return this.#redis
  }

  get database(): ServerDatabaseOptions {
    if (this.#database === undefined) throw new Error('the database is there only within tests')
    return this.#database
  }

  /** The tables that make a node of this cluster, its database left out. */
  settingsOf(name: string, { more = '', cluster = '' }: NodeOptions = {}): string {
    return `${base}${this.#settings}
[internal_databases.cluster]
node_name = "${name}@test"
failure_detection = 3
${cluster}
[outgoing_pools.redis.default.connection]
port = ${this.redis.port}
password = "${this.redis.password}"
${more}`
  }

  /** All of the configuration of a node, for one in a process of its own. */
  fileOf(name: string): string {
    return this.settingsOf(name) + poolOf(this.database)
  }

  async start(name: string, options: NodeOptions = {}): Promise<OwnTestServer> {
    const server = await startTestServer({ config: this.settingsOf(name, options), database: this.database })
    this.nodes.set(name, server)
    return server
  }

  async stop(name: string): Promise<void> {
    const server = this.node(name)
    this.nodes.delete(name)
    await server.stop()
  }

  node(name: string): OwnTestServer {
    const server = this.nodes.get(name)
    if (server === undefined) throw new Error(`${name} does not run`)
    return server
  }

  /** Runs an admin command on a node. */
  command(name: string, command: string, input: unknown = {}): Promise<unknown> {
    return this.node(name).server.commands.run(command, input)
  }

  /** The nodes that a node knows, itself among them. */
  seenBy(name: string): string[] {
    return this.node(name)
      .server.cluster.members.map((member) => member.name)
      .sort()
  }

  /** Registers a user if need be and signs in on a node. */
  async client(name: string, local: string, resource: string, options: SignInOptions = {}): Promise<Client> {
    const node = this.node(name)
    await node.registerUser(local, 'secret').catch(() => {})
    const client = await Client.signIn(node, { local, password: 'secret' }, resource, options)
    this.#clients.push(client)
    if (options.presence !== false) await client.isPresent(options.presence)
    return client
  }
}
