import { type AdminServices, commandApi, type MountedApi, newestApi, oldApi } from '../admin/rest/admin-api.ts'
import { documentRoute, pageRoute, toPageRoute } from '../admin/rest/api-page.ts'
import type { DescribedOperation } from '../admin/rest/open-api.ts'
import type { HttpListener } from '../config/schema.ts'
import { type OwnCredentials, ownGate } from '../net/http-credentials.ts'
import type { HttpRoute } from '../net/http-exchange.ts'
import type { ListenerParts } from './port.ts'

type AdminApiParts = Pick<ListenerParts, 'commands' | 'runsModule' | 'guesses' | 'log'>

/** The REST APIs for admins on a listener. */
export function adminApis({ handlers }: HttpListener, parts: AdminApiParts): MountedApi[] {
  const { commands, guesses, log } = parts
  const services: AdminServices = { commands, runsModule: (name) => parts.runsModule(name) }
  const report = (event: { what: string }) => log.error(event)
  /** From 6.0 on, credentials that nobody asks for are wrong. */
  const strict = (own: OwnCredentials) => ownGate({ ...own, refusesNeedless: true }, guesses)
  const {
    mongoose_admin_api: newest = [],
    mongoose_domain_handler: domains = [],
    mongoose_api_admin: commandsOf40 = [],
    mongoose_api: old = [],
  } = handlers
  return [
    ...newest.map(({ host, path, handlers: wanted, ...own }) =>
      newestApi({ host, path, gate: strict(own), report }, services, wanted),
    ),
    ...domains.map(({ host, path, ...own }) =>
      newestApi({ host, path, gate: strict(own), report }, services, ['domain']),
    ),
    ...commandsOf40.map(({ host, path, ...own }) => {
      // Pages could use an API that asks for nothing, whoever looks at them.
      const cors = { credentials: false, refusesPages: own.username === undefined }
      return commandApi({ host, path, gate: ownGate(own, guesses), cors, report }, services)
    }),
    ...old.map(({ host, path, handlers: wanted }) =>
      oldApi({ host, path, gate: ownGate({}, guesses), report }, services, wanted),
    ),
  ]
}

/** What describes the REST APIs of a listener. */
export function descriptionRoutes({ handlers }: HttpListener, operations: readonly DescribedOperation[]): HttpRoute[] {
  const {
    cowboy_swagger_redirect_handler: redirects = [],
    cowboy_swagger_json_handler: documents = [],
    cowboy_static: pages = [],
  } = handlers
  return [
    ...redirects.map(toPageRoute),
    ...documents.map((place) => documentRoute(place, operations)),
    ...pages.map((place) => pageRoute(place, operations)),
  ]
}
