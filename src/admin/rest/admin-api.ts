import type { CommandRunner } from '../../module/command.ts'
import { type ApiResource, anythingElse, apiRoutes, type HttpApi } from '../../net/http-api.ts'
import type { HttpRoute } from '../../net/http-exchange.ts'
import { describeOldUsers, oldUserResources } from './old-users.ts'
import { type DescribedOperation, describeOperations } from './open-api.ts'
import { type Generation, type Operation, resourcesOf } from './operation.ts'
import { contactOperations } from './operations/contacts.ts'
import { domainOperations } from './operations/domains.ts'
import { inboxOperations } from './operations/inbox.ts'
import { messageOperations, stanzaOperations } from './operations/messages.ts'
import { metricOperations } from './operations/metrics.ts'
import { mucOperations } from './operations/muc.ts'
import { mucLightOperations } from './operations/muc-light.ts'
import { sessionOperations } from './operations/sessions.ts'
import { userOperations } from './operations/users.ts'

/** The parts of the API, as `handlers` of the configuration names them. */
const partNames = [
  ...(['contacts', 'users', 'sessions', 'messages', 'stanzas'] as const),
  ...(['muc', 'muc_light', 'inbox', 'domain', 'metrics'] as const),
]
export type AdminPart = (typeof partNames)[number]

const operations: Readonly<Record<AdminPart, (generation: Generation) => readonly Operation[]>> = {
  contacts: () => contactOperations,
  users: () => userOperations,
  sessions: () => sessionOperations,
  messages: () => messageOperations,
  stanzas: () => stanzaOperations,
  muc: () => mucOperations,
  muc_light: () => mucLightOperations,
  inbox: () => inboxOperations,
  domain: () => domainOperations,
  metrics: metricOperations,
}

/** The modules that MongooseIM before 6.0 had for parts; without one a part is always there. */
const modules: Readonly<Partial<Record<AdminPart, string>>> = {
  ...{ contacts: 'mod_commands', users: 'mod_commands', sessions: 'mod_commands' },
  ...{ messages: 'mod_commands', stanzas: 'mod_commands' },
  ...{ muc: 'mod_muc_commands', muc_light: 'mod_muc_light_commands', inbox: 'mod_inbox_commands' },
}

/** What the API works on. */
export interface AdminServices {
  readonly commands: CommandRunner
  /** Whether a module runs on any host. */
  runsModule(name: string): boolean
}

type Place = Omit<HttpApi<unknown>, 'failure'>

/** An API at its place, and what it does. */
export interface MountedApi {
  readonly path: string
  readonly routes: readonly HttpRoute[]
  readonly described: readonly DescribedOperation[]
}

/** The API of MongooseIM 6.0 to 6.5 (`mongoose_admin_api`), of which only these parts, or `mongoose_domain_handler`. */
export function newestApi(place: Place, { commands }: AdminServices, parts: readonly AdminPart[]): MountedApi {
  const listed = parts.flatMap((part) => operations[part]('6'))
  const prefix = prefixOf(place)
  return mounted(place, listed, resourcesOf(listed, { prefix, generation: '6', commands }))
}

/** The API of MongooseIM 4.0 to 5.1 (`mongoose_api_admin`), whose parts come and go with modules. */
export function commandApi(place: Place, { commands, runsModule }: AdminServices): MountedApi {
  const at = { prefix: prefixOf(place), generation, commands } as const
  const isLoaded = (part: AdminPart) => modules[part] === undefined || runsModule(modules[part])
  const resources = partNames.flatMap((part) => resourcesOf(operations[part](generation), at, () => isLoaded(part)))
  const list = async () => ({
    status: 200,
    json: partNames.filter(isLoaded).flatMap((part) => operations[part](generation).map(listed)),
  })
  const all = partNames.flatMap((part) => operations[part](generation))
  return mounted(place, all, [{ path: '/commands', methods: { GET: list } }, ...resources])
}

/** The API of MongooseIM before 4.0 (`mongoose_api`). */
export function oldApi(place: Place, { commands }: AdminServices, parts: readonly OldPart[]): MountedApi {
  const prefix = prefixOf(place)
  const metrics = parts.includes('mongoose_api_metrics') ? metricOperations(generation) : []
  const hasUsers = parts.includes('mongoose_api_users')
  const users = hasUsers ? oldUserResources(commands) : []
  const api = mounted(place, metrics, [...resourcesOf(metrics, { prefix, generation, commands }), ...users])
  return hasUsers ? { ...api, described: [...api.described, ...describeOldUsers(prefix)] } : api
}
export type OldPart = 'mongoose_api_metrics' | 'mongoose_api_users'

const generation = '4.0'

function prefixOf({ path }: Place): string {
  return path.replace(/\/+$/, '')
}

function mounted(
  place: Place,
  described: readonly Operation[],
  resources: readonly ApiResource<unknown>[],
): MountedApi {
  return {
    path: place.path,
    routes: apiRoutes(place, [...resources, anythingElse]),
    described: describeOperations(described, prefixOf(place)),
  }
}

const actions = { GET: 'read', POST: 'create', PUT: 'update', PATCH: 'update', DELETE: 'delete' } as const

/** An operation in the list of commands. */
function listed({ name, method, paths, about, arguments: declared }: Operation) {
  const args = Object.fromEntries(Object.entries(declared).map(([argument, { type }]) => [argument, type]))
  return { name, category: paths[0].split('/')[1], action: actions[method], args, desc: about }
}
