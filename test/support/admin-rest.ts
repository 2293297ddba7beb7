import { type Ask, ask, basic, type HttpAnswer } from './http-ask.ts'
import type { OwnServer } from './own-server.ts'

type Started = Pick<OwnServer, 'server'>

/** Handlers of both generations, with credentials and without, on one port. */
export const adminHandlers = `
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[[listen.http.handlers.mongoose_admin_api]]
path = "/api"
username = "admin"
password = "sesame"
[[listen.http.handlers.mongoose_api_admin]]
path = "/v4"
username = "admin"
password = "sesame"
[[listen.http.handlers.mongoose_api_admin]]
path = "/open"
[[listen.http.handlers.mongoose_api]]
path = "/old"
[[listen.http.handlers.mongoose_domain_handler]]
path = "/domain"
username = "admin"
password = "sesame"
`

/** Everything that the API of MongooseIM 4.0 has modules for. */
export const commandModules = `
[modules.mod_commands]
[modules.mod_muc_commands]
[modules.mod_muc_light_commands]
[modules.mod_inbox_commands]
`

/** Credentials of the handlers. */
export const admin = basic('admin:sesame')

export function httpPort(own: Started): number {
  const found = own.server.server.ports.find(({ kind }) => kind === 'http')
  if (found === undefined) throw new Error('there is no port for HTTP')
  return found.port
}

/** An admin at one of the APIs of a server; a value is sent as JSON. */
export function adminOf(own: Started, prefix: string) {
  return (line: string, value?: unknown, more: Ask['headers'] = {}): Promise<HttpAnswer> => {
    const type: Record<string, string> = value === undefined ? {} : { 'content-type': 'application/json' }
    const body = value === undefined ? undefined : JSON.stringify(value)
    const [method, path = ''] = line.split(' ')
    return ask(httpPort(own), `${method} ${prefix}${path}`, { headers: { ...admin, ...type, ...more }, body })
  }
}
