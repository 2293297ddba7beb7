import { z } from 'zod'
import { oneOf, uniqueList } from '../option.ts'
import { place } from './place.ts'

const parts = [
  ...(['sse', 'messages', 'contacts', 'rooms'] as const),
  ...(['rooms_config', 'rooms_users', 'rooms_messages'] as const),
] as const

/** A part of the API as a handler of its own. */
function part(path: string, about: string) {
  return z
    .array(z.strictObject({ ...place, path: place.path.meta({ example: path }) }))
    .optional()
    .describe(`The REST API for clients, ${about}, as MongooseIM 4.0 and 5.0 have it.`)
}

/** REST APIs for clients, of every generation. */
export const clientApis = {
  mongoose_client_api: z
    .array(
      z.strictObject({
        ...place,
        path: place.path.describe('What all paths of the API begin with.').meta({ reload: 'live', example: '/api' }),
        handlers: uniqueList(oneOf(...parts), { least: 1 })
          .default([...parts])
          .describe('Which parts of the API are there.')
          .meta({ reload: 'live' }),
        docs: z
          .boolean()
          .default(true)
          .describe('Serve the page that describes the API, at `/api-docs`.')
          .meta({ reload: 'live' }),
      }),
    )
    .optional()
    .describe('The REST API for clients, as MongooseIM 5.1 to 6.5 has it.'),
  mongoose_client_api_messages: part('/api/messages/[:with]', 'messages between users'),
  mongoose_client_api_contacts: part('/api/contacts/[:jid]', 'contacts'),
  mongoose_client_api_rooms: part('/api/rooms/[:id]', 'rooms'),
  mongoose_client_api_rooms_config: part('/api/rooms/[:id]/config', 'settings of rooms'),
  mongoose_client_api_rooms_users: part('/api/rooms/:id/users/[:user]', 'who belongs to rooms'),
  mongoose_client_api_rooms_messages: part('/api/rooms/[:id]/messages', 'messages in rooms'),
  lasse_handler: z
    .array(
      z.strictObject({
        ...place,
        path: place.path.meta({ example: '/api/sse' }),
        module: oneOf('mongoose_client_api_sse')
          .describe('What is streamed; there is one kind.')
          .meta({ reload: 'live' }),
      }),
    )
    .optional()
    .describe('Messages as they come, as a stream of events for REST clients, as MongooseIM 4.0 and 5.0 have it.'),
}
