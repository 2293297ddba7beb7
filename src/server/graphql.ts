import { GraphqlApi, type Prepared } from '../admin/graphql/api.ts'
import type { Caller } from '../admin/graphql/authorise.ts'
import { commandFailure, refused, refusedBy } from '../admin/graphql/failure.ts'
import { graphqlFailure, graphqlResources } from '../admin/graphql/route.ts'
import type { HttpListener } from '../config/schema.ts'
import { EventStream } from '../net/event-stream.ts'
import { graphiql } from '../net/graphiql.ts'
import { type ApiRequest, apiRoutes } from '../net/http-api.ts'
import type { HttpRoute } from '../net/http-exchange.ts'
import { type FeedParts, openFeed } from './graphql-feeds.ts'
import { graphqlGate } from './graphql-gate.ts'
import type { HttpRouteParts, MountedRoutes } from './http-routes.ts'

type Handler = NonNullable<HttpListener['handlers']['mongoose_graphql_handler']>[number]

/** What is mounted for GraphQL handlers. */
export function mountGraphql(handlers: readonly Handler[] | undefined = [], parts: HttpRouteParts): MountedRoutes {
  return {
    routes: handlers.flatMap((handler) => graphqlRoutes(handler, parts)),
    serves: handlers.map(({ schema_endpoint: endpoint, path }) => `GraphQL (${endpoint}) ${path}`),
  }
}

function graphqlRoutes(handler: Handler, parts: HttpRouteParts): HttpRoute[] {
  const { host, path, schema_endpoint: endpoint, allowed_categories: categories } = handler
  const report = (event: { what: string }) => parts.log.error(event)
  const api = new GraphqlApi(
    { schema: endpoint === 'user' ? 'user' : 'admin', categories },
    {
      report,
      tell: (event) => parts.log.warn(event),
      commands: parts.commands,
      ownerOf: (domain) => parts.router.ownerOf(domain),
      services: () => servicesIn(parts.config.services),
    },
  )
  const feeds = { ...parts, events: parts.clientPort.events() }
  const pages = graphiql({ host, path })
  const subscribe = (prepared: Prepared, request: ApiRequest<Caller>) =>
    subscribeTo(api, { prepared, request, idleTimeout: handler.sse_idle_timeout }, feeds)
  const resources = graphqlResources({ api, page: pages.page, subscribe })
  const gate = graphqlGate(handler, parts, parts.clientPort.desk)
  // Pages of other origins are for users: what an administrator's browser may reach is nobody else's business.
  const cors = endpoint === 'user' ? { credentials: false } : undefined
  return [...apiRoutes({ host, path, gate, cors, failure: graphqlFailure, report }, resources), ...pages.routes]
}

function servicesIn(services: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  return new Set(Object.keys(services).filter((name) => services[name] !== undefined))
}

interface Subscription {
  readonly prepared: Prepared
  readonly request: ApiRequest<Caller>
  readonly idleTimeout: number
}

/** Tells what a subscription is about until one side ends it. */
async function subscribeTo(api: GraphqlApi, { prepared, request, idleTimeout }: Subscription, parts: FeedParts) {
  const [asked, ...more] = prepared.asked
  if (asked?.operation === undefined || more.length > 0) {
    throw refused(400, 'unsupported_operation', 'A subscription asks for one thing')
  }
  const { caller, remote } = request
  const feed = await opening(() => {
    api.operator.requireServices(asked.operation?.uses ?? noUses)
    return openFeed(asked, { caller, remote, answerTo: (event) => api.tell(prepared, event) }, parts)
  })
  const { clock, events } = parts
  const onOverflow = (bytes: number) => events.note({ what: 'client_does_not_read', address: remote.address, bytes })
  const stream = new EventStream(request, { clock, idleTimeout, onOverflow })
  feed.begin(stream)
  await stream.closed
  feed.close()
}

const noUses = { modules: [], services: [], databases: [] }

/** What is refused while nothing has been answered is refused with its reason. */
async function opening<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const failure = commandFailure(error)
    throw failure === undefined ? error : refusedBy([failure], 'resolver_error')
  }
}
