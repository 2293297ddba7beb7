import type { MountedApi } from '../admin/rest/admin-api.ts'
import { type ClientPart, type ClientServices, clientApi, clientPart } from '../admin/rest/client/client-api.ts'
import type { HttpListener } from '../config/schema.ts'
import { accountGate } from '../net/http-credentials.ts'
import type { HttpRouteParts } from './http-routes.ts'

/** Handlers of single parts, which MongooseIM 4.0 and 5.0 have. */
const partHandlers = [
  ['mongoose_client_api_messages', 'messages'],
  ['mongoose_client_api_contacts', 'contacts'],
  ['mongoose_client_api_rooms', 'rooms'],
  ['mongoose_client_api_rooms_config', 'rooms_config'],
  ['mongoose_client_api_rooms_users', 'rooms_users'],
  ['mongoose_client_api_rooms_messages', 'rooms_messages'],
  ['lasse_handler', 'sse'],
] as const satisfies readonly (readonly [keyof HttpListener['handlers'], ClientPart])[]

/** The REST APIs for clients on a listener. */
export function clientApis({ handlers }: HttpListener, parts: HttpRouteParts): MountedApi[] {
  const { clientPort, commands, guesses, log } = parts
  const { desk } = clientPort
  const services: ClientServices = { commands, events: clientPort.events() }
  const gate = accountGate(guesses, (user, password, address) => desk.checkPassword(user, password, address))
  const report = (event: { what: string }) => log.error(event)
  const whole = handlers.mongoose_client_api ?? []
  const single = partHandlers.flatMap(([name, part]) => (handlers[name] ?? []).map((each) => ({ ...each, part })))
  return [
    ...whole.map(({ host, path, handlers: names }) => clientApi({ host, path, gate, report }, services, names)),
    ...single.map(({ host, path, part }) => clientPart({ host, path, gate, report }, services, part)),
  ]
}
