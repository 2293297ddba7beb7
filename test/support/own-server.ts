import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { AnyModule } from '../../src/module/define.ts'
import type { Clock } from '../../src/util/clock.ts'
import { Client, type SignInOptions } from './client.ts'
import { type OwnTestServer, startTestServer } from './server.ts'

/** Our own server with a configuration of its own, for options that the stories leave alone. */
export interface OwnServer {
  readonly server: OwnTestServer
  /** Its database, for those who look at the tables. */
  readonly databaseFile: string
  /** Registers `name` if need be and signs in, by default available. Every client is gone after the tests of the file. */
  client(name: string, resource?: string, options?: SignInOptions): Promise<Client>
  /** Runs an admin command. */
  command(name: string, input: unknown): Promise<unknown>
  /** Stops the server and starts it again on the same data, by default with the same configuration. */
  restart(changed?: (config: string) => string): Promise<void>
}

/** The least that a configuration needs, before the modules under test. */
export const baseConfig = `
[general]
hosts = ["localhost"]
registration_timeout = "infinity"
loglevel = "error"

[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "starttls"

[auth.password]
scram_iterations = 4096

[modules.mod_presence]
[modules.mod_roster]
[modules.mod_disco]
[modules.mod_ping]
`

export interface OwnServerOptions {
  readonly clock?: Clock
  /** Seconds between two registrations from one address; no limit unless given. */
  readonly registrationTimeout?: number
  /** Modules besides those that come with the server. */
  readonly modules?: readonly AnyModule[]
  /** Kinds of domains that come and go. */
  readonly hostTypes?: readonly string[]
}

/** The base without the tables that `modules` has itself. */
function configOf(modules: string, registrationTimeout: number | undefined): string {
  const hasOwn = (line: string) => line.startsWith('[modules.') && modules.includes(`${line}\n`)
  const lines = baseConfig.split('\n').filter((line) => !hasOwn(line))
  const text = `${lines.join('\n')}${modules}`
  return registrationTimeout === undefined ? text : text.replace('"infinity"', String(registrationTimeout))
}

/**
 * Starts a server with these modules beside the core ones, for the tests of the surrounding block. `tables` may be a function
 * where it says something that is known only once tests run.
 */
export function ownServer(
  tables: string | (() => string),
  { clock, registrationTimeout, modules: more = [], hostTypes = [] }: OwnServerOptions = {},
): OwnServer {
  const text = () =>
    configOf(typeof tables === 'string' ? tables : tables(), registrationTimeout).replace(
      '[general]\n',
      `[general]\nhost_types = ${JSON.stringify(hostTypes)}\n`,
    )
  let folder = ''
  let server: OwnTestServer | undefined
  const clients: Client[] = []
  const running = (): OwnTestServer => {
    if (server === undefined) throw new Error('the server runs only within tests')
    return server
  }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meerkat-test-'))
    server = await startTestServer({
      config: text(),
      folder,
      modules: more,
      ...(clock === undefined ? {} : { clock }),
    })
  })
  afterAll(async () => {
    for (const client of clients) client.destroy()
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })
  return {
    get server() {
      return running()
    },
    get databaseFile() {
      return join(folder, 'data', 'meerkat.sqlite')
    },
    async client(name, resource, options = {}) {
      await running()
        .registerUser(name, 'secret')
        .catch(() => {})
      const client = await Client.signIn(running(), { local: name, password: 'secret' }, resource, options)
      clients.push(client)
      if (options.presence !== false) await client.isPresent(options.presence)
      return client
    },
    command: (name, input) => running().server.commands.run(name, input),
    async restart(changed = (config) => config) {
      await running().stop()
      server = await startTestServer({
        config: changed(text()),
        folder,
        modules: more,
        ...(clock === undefined ? {} : { clock }),
      })
    },
  }
}
