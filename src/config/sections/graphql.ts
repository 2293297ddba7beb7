import { z } from 'zod'
import { duration, oneOf, uniqueList } from '../option.ts'
import { place } from './place.ts'

const categories = [
  ...(['checkAuth', 'account', 'domain', 'last', 'muc', 'muc_light', 'session', 'stanza', 'roster', 'vcard'] as const),
  ...(['private', 'metric', 'stat', 'gdpr', 'mnesia', 'server', 'inbox', 'http_upload', 'offline', 'token'] as const),
  ...(['cets', 'broadcast', 'blocklist', 'external_services'] as const),
] as const

const handler = z
  .strictObject({
    ...place,
    path: place.path.meta({ example: '/api/graphql' }),
    schema_endpoint: oneOf('admin', 'domain_admin', 'user')
      .describe('Which schema is served, and who may use it.')
      .meta({ reload: 'live', example: 'admin' }),
    username: z
      .string()
      .min(1)
      .optional()
      .describe('Name of the global administrator; without it and `password` everybody is one. For `admin` only.')
      .meta({ reload: 'live', example: 'admin' }),
    password: z
      .string()
      .min(1)
      .optional()
      .describe('Password of the global administrator. For `admin` only.')
      .meta({ reload: 'live', secret: true, example: 'secret' }),
    allowed_categories: uniqueList(oneOf(...categories), { least: 1 })
      .optional()
      .describe('Categories that may be used; all of them if not given.')
      .meta({ reload: 'live', example: ['checkAuth', 'account'], shownAs: 'array of categories' }),
    sse_idle_timeout: duration('ms', { infinite: true })
      .default(3_600_000)
      .describe('A subscription without events for so long is ended.')
      .meta({ reload: 'live' }),
  })
  .superRefine(({ schema_endpoint: endpoint, username, password }, context) => {
    const given = [username, password].filter((each) => each !== undefined).length
    if (endpoint === 'admin' && given === 1) {
      context.addIssue({ code: 'custom', input: username, message: 'Expected `username` and `password`, or neither.' })
    }
    if (endpoint !== 'admin' && given > 0) {
      const message = `Expected no \`username\` and no \`password\`: who uses ${endpoint} signs in with credentials of its own.`
      context.addIssue({ code: 'custom', input: username, message })
    }
  })

/** The GraphQL API. */
export const graphqlHandler = z.array(handler).optional().describe('The GraphQL API.')
