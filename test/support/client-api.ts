import type { Client } from './client.ts'
import { type OwnServer, type OwnServerOptions, ownServer } from './own-server.ts'
import { RestClient } from './rest-client.ts'

/** A port with the whole API for clients. */
export const apiPort = `
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[[listen.http.handlers.mongoose_client_api]]
path = "/api"
`

/** A server with the API for clients, and who uses it. */
export interface ApiServer extends OwnServer {
  /** Registers a user of this name and a number, with no client. */
  user(name: string): Promise<RestClient>
  /** A user over REST, and a client of the same account. */
  both(name: string): Promise<{ readonly rest: RestClient; readonly client: Client }>
}

/** Starts a server with the API for clients beside these tables, for the tests of the surrounding block. */
export function apiServer(tables: string, options: OwnServerOptions = {}): ApiServer {
  const own = ownServer(`${tables}${tables.includes('[[listen.http]]') ? '' : apiPort}`, options)
  let count = 0
  const rest = (local: string) => new RestClient(`${own.server.httpUrl}/api`, `${local}@localhost`)
  return Object.defineProperties(Object.create(own) as ApiServer, {
    user: {
      async value(name: string) {
        const local = `${name}${++count}`
        await own.server.registerUser(local, 'secret')
        return rest(local)
      },
    },
    both: {
      async value(name: string) {
        const local = `${name}${++count}`
        const client = await own.client(local, 'pc')
        return { rest: rest(local), client }
      },
    },
  })
}
