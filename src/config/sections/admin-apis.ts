import { z } from 'zod'
import { noEffect, oneOf, uniqueList } from '../option.ts'
import { place, plainHandler } from './place.ts'

const prefixed = {
  ...place,
  path: place.path.describe('What all paths of the API begin with.').meta({ reload: 'live', example: '/api' }),
}

/** The one name and password of an API; without them it is open. */
const ownCredentials = {
  username: z
    .string()
    .min(1)
    .regex(/^[^:]*$/, { error: 'Basic authentication cannot carry a name with a colon.' })
    .optional()
    .describe('Name for HTTP Basic authentication; without one the API is open to everybody who reaches the port.')
    .meta({ reload: 'live', example: 'admin' }),
  password: z
    .string()
    .min(1)
    .optional()
    .describe('The password that goes with it.')
    .meta({ reload: 'live', secret: true }),
}

/** Both of them, or none. */
function bothOrNone<T extends z.ZodType<{ username?: string | undefined; password?: string | undefined }>>(
  schema: T,
): T {
  return schema.superRefine(({ username, password }, context) => {
    if ((username === undefined) === (password === undefined)) return
    const given = username === undefined ? 'password' : 'username'
    const message = '`username` and `password` belong together: give both, or none.'
    const params = { what: 'both_username_and_password_required' }
    context.addIssue({ code: 'custom', path: [given], input: undefined, message, params })
  })
}

const parts = [
  ...(['contacts', 'users', 'sessions', 'messages', 'stanzas'] as const),
  ...(['muc', 'muc_light', 'inbox', 'domain', 'metrics'] as const),
] as const
const oldParts = ['mongoose_api_metrics', 'mongoose_api_users'] as const

/** REST APIs for admins, of every generation. */
export const adminApis = {
  mongoose_admin_api: z
    .array(
      bothOrNone(
        z.strictObject({
          ...prefixed,
          ...ownCredentials,
          handlers: uniqueList(oneOf(...parts), { least: 1 })
            .default([...parts])
            .describe('Which parts of the API are there.')
            .meta({ reload: 'live' }),
        }),
      ),
    )
    .optional()
    .describe('The REST API for admins, as MongooseIM 6.0 to 6.5 has it.'),
  mongoose_api_admin: z
    .array(bothOrNone(z.strictObject({ ...prefixed, ...ownCredentials })))
    .optional()
    .describe(
      'The REST API for admins, as MongooseIM 4.0 to 5.1 has it; its parts are there with `mod_commands` and its like.',
    ),
  mongoose_domain_handler: z
    .array(bothOrNone(z.strictObject({ ...prefixed, ...ownCredentials })))
    .optional()
    .describe('The REST API for domains, as MongooseIM 5.0 and 5.1 have it.'),
  mongoose_api: z
    .array(
      z.strictObject({
        ...prefixed,
        handlers: uniqueList(oneOf(...oldParts), { least: 1 })
          .default([...oldParts])
          .describe('Which parts of the API are there.')
          .meta({ reload: 'live' }),
      }),
    )
    .optional()
    .describe('The REST API of MongooseIM before 4.0, without credentials.'),
  cowboy_swagger_redirect_handler: plainHandler('/api-docs').describe(
    'Leads to the page that describes the REST APIs of this port.',
  ),
  cowboy_swagger_json_handler: plainHandler('/api-docs/swagger.json').describe(
    'The description of the REST APIs of this port, for programs (OpenAPI).',
  ),
  cowboy_static: z
    .array(
      z.strictObject({
        ...place,
        path: place.path.meta({ example: '/api-docs/[...]' }),
        type: noEffect(z.string(), 'the page is part of the program'),
        app: noEffect(z.string(), 'the page is part of the program'),
        content_path: noEffect(z.string(), 'the page is part of the program'),
      }),
    )
    .optional()
    .describe('The page that describes the REST APIs of this port.'),
}
