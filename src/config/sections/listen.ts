import { z } from 'zod'
import { duration, intOrInfinity, ipAddress, noEffect, oneOf, port, ruleName, uniqueList } from '../option.ts'
import { adminApis } from './admin-apis.ts'
import { methodName } from './auth.ts'
import { clientApis } from './client-apis.ts'
import { graphqlHandler } from './graphql.ts'
import { inviteHandler } from './invite-handler.ts'
import { place, plainHandler } from './place.ts'
import { proxyHandler } from './proxy-handler.ts'
import { componentTls, httpTls, serverTls, xmppTls } from './tls.ts'

const address = {
  port: port().describe('TCP port.').meta({ reload: 'live' }),
  ip_address: ipAddress()
    .optional()
    .describe('Address to listen on. Default: all, but 127.0.0.1 for TLS without a `certfile`.')
    .meta({ reload: 'live', example: '127.0.0.1' }),
  ip_version: z
    .union([z.literal(4), z.literal(6)], { error: 'Expected 4 or 6.' })
    .optional()
    .describe('IP version when `ip_address` is not given.')
    .meta({ reload: 'live', example: 4, shownAs: '4 or 6' }),
  proto: oneOf('tcp').default('tcp').describe('Transport protocol.').meta({ reload: 'live' }),
  hibernate_after: noEffect(intOrInfinity(0), 'connections have no process that could sleep'),
}

const noAcceptors = noEffect(z.int().positive(), 'connections are accepted by the event loop')

const unauthenticatedSize = intOrInfinity()
  .default(16_384)
  .describe('Largest element accepted before authentication, in bytes.')
  .meta({ reload: 'live' })

const shaper = z
  .string()
  .min(1)
  .default('none')
  .describe('Limit of incoming traffic: a shaper, or an access rule that gives one.')
  .meta({ refers: 'shaper or access', reload: 'live', shownAs: 'shaper or access rule' })

/** Options that every listener for streams of XMPP has. */
const streamListener = {
  shaper,
  max_stanza_size: intOrInfinity()
    .default(Number.POSITIVE_INFINITY)
    .describe('Largest element accepted, in bytes.')
    .meta({ reload: 'live' }),
  max_connections: intOrInfinity()
    .default(Number.POSITIVE_INFINITY)
    .describe('Most connections at a time.')
    .meta({ reload: 'live' }),
  max_connections_per_address: intOrInfinity()
    .default(Number.POSITIVE_INFINITY)
    .describe('Most connections at a time from one address, or from one IPv6 network of 64 bits.')
    .meta({ reload: 'live' }),
  max_handshakes: z
    .int()
    .positive()
    .default(1000)
    .describe('Most TLS handshakes under way at a time; further ones wait their turn.')
    .meta({ reload: 'restart' }),
  state_timeout: duration('ms', { least: 0, infinite: true })
    .default(5000)
    .describe('Time for each step until somebody has signed in, or proven which server or component it is.')
    .meta({ reload: 'live', aliases: ['c2s_state_timeout'] }),
  backlog: z
    .int()
    .min(0)
    .default(1024)
    .describe('Length of the queue of the operating system.')
    .meta({ reload: 'restart' }),
  proxy_protocol: z
    .boolean()
    .default(false)
    .describe('Every connection begins with a PROXY protocol header that names the real peer.')
    .meta({ reload: 'live' }),
  reuse_port: noEffect(z.boolean(), 'Node.js 20 cannot share a port between processes'),
  num_acceptors: noAcceptors,
  max_fsm_queue: noEffect(z.int().positive(), 'queues are bounded in bytes').meta({ era: '4.0' }),
  zlib: noEffect(z.int().positive(), 'stream compression is unsafe and not offered').meta({ era: '4.0' }),
  xml_socket: noEffect(z.boolean(), 'this relic is not offered').meta({ era: '4.0' }),
}

/** Limits that every way for clients to come in has. */
const clientLimits = {
  max_unauthenticated_size: unauthenticatedSize,
  max_stanza_rate: intOrInfinity()
    .default(Number.POSITIVE_INFINITY)
    .describe('Stanzas a second that a session may send; who sends more is read from more slowly.')
    .meta({ reload: 'live' }),
}

const c2s = z.strictObject({
  ...address,
  access: ruleName().default('all').describe('Who may bind a resource here.').meta({ reload: 'live' }),
  ...streamListener,
  ...clientLimits,
  allowed_auth_methods: uniqueList(methodName())
    .optional()
    .describe('Narrows `auth.methods` on this port.')
    .meta({ reload: 'live', example: ['internal'], shownAs: 'array of method names' }),
  backwards_compatible_session: z
    .boolean()
    .default(true)
    .describe('Offer the session request that RFC 6121 dropped.')
    .meta({ reload: 'live' }),
  tls: xmppTls.optional().describe('TLS of this listener; without the table there is none.'),
})

const s2s = z.strictObject({
  ...address,
  port: address.port.meta({ example: 5269 }),
  ...streamListener,
  max_unauthenticated_size: unauthenticatedSize,
  tls: serverTls.prefault({}).describe('TLS of this listener.'),
})

/** What a listener says of its components, whatever carries their streams. */
const components = {
  password: z
    .string()
    .min(1)
    .describe('What components prove to know.')
    .meta({ secret: true, reload: 'live', example: 'secret' }),
  access: ruleName().default('all').describe('Senders that reach the components.').meta({ reload: 'live' }),
  check_from: z
    .boolean()
    .default(true)
    .describe('Components may send from addresses of their own domain only.')
    .meta({ reload: 'live' }),
  hidden_components: z
    .boolean()
    .default(false)
    .describe(
      'Leave the components out of service discovery, as `modules.mod_disco.users_can_see_hidden_services` says.',
    )
    .meta({ reload: 'live' }),
  conflict_behaviour: oneOf('disconnect', 'kick_old')
    .default('disconnect')
    .describe('Who has to go where two components have one name: the new one, or the old one.')
    .meta({ reload: 'live' }),
}

const component = z.strictObject({
  ...address,
  port: address.port.meta({ example: 8888 }),
  ...components,
  ...streamListener,
  shaper: streamListener.shaper.meta({ aliases: [{ key: 'shaper_rule', era: '4.0' }] }),
  max_unauthenticated_size: unauthenticatedSize,
  tls: componentTls.optional().describe('TLS of this listener; without the table there is none.'),
})

/** Options of streams that are carried over HTTP. */
const streamInHttp = {
  max_stanza_size: intOrInfinity()
    .default(Number.POSITIVE_INFINITY)
    .describe('Largest element accepted, in bytes.')
    .meta({ reload: 'live' }),
  state_timeout: duration('ms', { least: 0, infinite: true })
    .default(5000)
    .describe('Time for each step before a session is there.')
    .meta({ reload: 'live', aliases: ['c2s_state_timeout'] }),
  backwards_compatible_session: z
    .boolean()
    .default(true)
    .describe('Offer the session request that RFC 6121 dropped.')
    .meta({ reload: 'live' }),
  access: ruleName().default('all').describe('Who may bind a resource here.').meta({ reload: 'live' }),
  ...clientLimits,
}

const websocketHandler = z.strictObject({
  ...place,
  path: place.path.meta({ example: '/ws-xmpp' }),
  timeout: duration('ms', { infinite: true })
    .default(60_000)
    .describe('Silence after which a connection is closed.')
    .meta({ reload: 'live' }),
  ping_rate: duration('ms')
    .optional()
    .describe('How often a ping frame is sent.')
    .meta({ reload: 'live', example: 30_000 }),
  ...streamInHttp,
  service: noEffect(
    z.strictObject({
      ...components,
      shaper_rule: streamListener.shaper,
      max_fsm_queue: streamListener.max_fsm_queue,
    }),
    'components connect over TCP only, see listen.component',
  ).meta({ era: '4.0' }),
})

const boshHandler = z.strictObject({
  ...place,
  path: place.path.meta({ example: '/http-bind' }),
  ...streamInHttp,
  shaper,
  max_body_size: z
    .int()
    .min(16_384)
    .default(1_048_576)
    .describe('Largest request, in bytes, of a client that has signed in.')
    .meta({ reload: 'live' }),
  max_sessions: intOrInfinity().default(10_000).describe('Most sessions at a time.').meta({ reload: 'live' }),
  max_sessions_per_address: intOrInfinity()
    .default(Number.POSITIVE_INFINITY)
    .describe('Most sessions at a time from one address, or from one IPv6 network of 64 bits.')
    .meta({ reload: 'live' }),
})

const handlers = z.strictObject({
  mongoose_websocket_handler: z
    .array(websocketHandler)
    .optional()
    .describe('XMPP over WebSocket (RFC 7395).')
    .meta({ aliases: ['mod_websockets'] }),
  mongoose_bosh_handler: z
    .array(boshHandler)
    .optional()
    .describe('XMPP over HTTP requests (BOSH, XEP-0124 and XEP-0206); needs `services.service_bosh`.')
    .meta({ aliases: ['mod_bosh'] }),
  mongoose_prometheus_handler: plainHandler('/metrics').describe('Metrics in the text format of Prometheus.'),
  health_handler: plainHandler('/health').describe('Health: `PATH/live` and `PATH/ready`.'),
  host_meta_handler: plainHandler('/.well-known').describe(
    'Discovery of connection methods (XEP-0156); `path` is the folder of host-meta.',
  ),
  upload_handler: plainHandler('/upload').describe(
    'Files that users have uploaded (XEP-0363), of domains whose `mod_http_upload` keeps them here.',
  ),
  webchat_handler: plainHandler('/chat/').describe('The bundled web chat.'),
  mongoose_graphql_handler: graphqlHandler,
  invite_handler: z
    .array(inviteHandler)
    .optional()
    .describe('Pages of invitations (XEP-0401), at `PATH/TOKEN`: what `landing_url` of `mod_invites` names.'),
  mod_revproxy: z
    .array(proxyHandler)
    .optional()
    .describe(
      'A reverse proxy, which passes requests on by the rules of `mod_revproxy`. With XMPP over WebSocket on the same path it gets everything else.',
    ),
  ...adminApis,
  ...clientApis,
})

const http = z.strictObject({
  ...address,
  port: address.port.meta({ example: 5280 }),
  tls: httpTls.optional().describe('TLS of this listener (https); without the table it is http.'),
  transport: z
    .strictObject({
      num_acceptors: noAcceptors,
      max_connections: intOrInfinity(0).default(1024).describe('Most connections at a time.').meta({ reload: 'live' }),
    })
    .prefault({})
    .describe('Connections.'),
  protocol: z
    .strictObject({
      compress: z.boolean().default(false).describe('Compress responses with gzip.').meta({ reload: 'live' }),
    })
    .prefault({})
    .describe('HTTP.'),
  handlers: handlers.prefault({}).describe('What is served where.'),
})

/** The `[[listen.…]]` tables. */
export const listen = z.strictObject({
  c2s: z.array(c2s).default([]).describe('Listeners for XMPP clients.'),
  http: z.array(http).default([]).describe('Listeners for HTTP and what is carried over it.'),
  s2s: z.array(s2s).default([]).describe('Listeners for other servers.'),
  component: z
    .array(component)
    .default([])
    .describe('Listeners for external components (XEP-0114).')
    .meta({ aliases: [{ key: 'service', era: '4.0' }] }),
})
