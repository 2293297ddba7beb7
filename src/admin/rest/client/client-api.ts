import type { EventService } from '../../../edges/event-client.ts'
import type { Jid } from '../../../jid/jid.ts'
import type { CommandRunner } from '../../../module/command.ts'
import { type ApiResource, anythingElse, apiRoutes, type HttpApi } from '../../../net/http-api.ts'
import { isPassing } from '../../../router/refusal.ts'
import type { MountedApi } from '../admin-api.ts'
import { describeOperations } from '../open-api.ts'
import { type Generation, type Operation, resourcesOf } from '../operation.ts'
import { contactOperations } from './contacts.ts'
import { streamMessages } from './event-stream.ts'
import { messageOperations } from './messages.ts'
import { roomMessageOperations } from './room-messages.ts'
import { roomConfigOperations, roomOperations, roomUserOperations } from './rooms.ts'

/** The parts of the API that are operations, and where they usually are. */
const parts = {
  messages: { path: '/messages', operations: messageOperations },
  contacts: { path: '/contacts', operations: contactOperations },
  rooms: { path: '/rooms', operations: roomOperations },
  rooms_config: { path: '/rooms/:id/config', operations: roomConfigOperations },
  rooms_users: { path: '/rooms/:id/users', operations: roomUserOperations },
  rooms_messages: { path: '/rooms/:id/messages', operations: roomMessageOperations },
} satisfies Record<string, { readonly path: string; readonly operations: readonly Operation[] }>

/** The parts, as configurations name them. */
export type ClientPart = keyof typeof parts | 'sse'

/** What the API works on. */
export interface ClientServices {
  readonly commands: CommandRunner
  readonly events: EventService
}

type Place = Omit<HttpApi<Jid>, 'failure' | 'cors'>

/** The API of MongooseIM 5.1 to 6.5 (`mongoose_client_api`), of which only these parts. */
export function clientApi(place: Place, services: ClientServices, names: readonly ClientPart[]): MountedApi {
  const operations = names.flatMap((name): readonly Operation[] => (name === 'sse' ? [] : parts[name].operations))
  const stream = names.includes('sse') ? '/sse' : undefined
  return mounted(place, services, { operations, stream, generation: '6' })
}

/** One part of it as a handler of its own, as MongooseIM 4.0 and 5.0 have it: `place.path` is that of this part. */
export function clientPart(place: Place, services: ClientServices, name: ClientPart): MountedApi {
  const { path } = place
  const root = { ...place, path: '/' }
  if (name === 'sse') return { ...mounted(root, services, { operations: [], stream: path, generation: '4.0' }), path }
  const { path: usual, operations } = parts[name]
  const base = baseOf(path)
  const moved = operations.map(
    (each): Operation => ({ ...each, paths: [`${base}${each.paths[0].slice(usual.length)}`] }),
  )
  return { ...mounted(root, services, { operations: moved, stream: undefined, generation: '4.0' }), path }
}

/** The path of a part without what is optional at its end; an optional part before that is not. */
function baseOf(path: string): string {
  return path.replace(/\/(\[:\w+\])?$/, '').replace(/\[(:\w+)\]/g, '$1')
}

interface Content {
  readonly operations: readonly Operation[]
  /** Where messages are streamed, if they are. */
  readonly stream: string | undefined
  readonly generation: Generation
}

function mounted(
  place: Place,
  { commands, events }: ClientServices,
  { operations, stream, generation }: Content,
): MountedApi {
  const prefix = place.path.replace(/\/+$/, '')
  const resources: ApiResource<Jid>[] = resourcesOf(operations, { prefix, generation, commands, passesOver: true })
  const described = describeOperations(operations, prefix)
  if (stream !== undefined) {
    resources.push({ path: stream, methods: { GET: (request) => streamMessages(request, events, commands) } })
    described.push({ method: 'GET', path: `${prefix}${stream}`, about: aboutStream, parameters: [] })
  }
  // A part at a path of its own leaves the rest to others.
  if (prefix !== '') resources.push(anythingElse)
  // Pages of any origin may use it, as those of MongooseIM may.
  const api = { ...place, cors: { credentials: true }, failure: unavailable }
  return { path: place.path, routes: apiRoutes(api, resources), described }
}

const aboutStream = 'Messages as they come, as a stream of events (text/event-stream).'

/** What cannot be had now is told to be so. */
function unavailable(error: unknown) {
  return isPassing(error) ? { status: 503, json: 'Not now, please try again later' } : undefined
}
