import type { Accounts } from '../auth/accounts.ts'
import type { C2sListener, Config, HttpListener } from '../config/schema.ts'
import type { Readiness } from '../net/health.ts'
import { listenHttp } from '../net/http.ts'
import { type Listener, listenTcp } from '../net/tcp.ts'
import type { TlsContext } from '../net/tls-context.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Decoy } from '../protocol/scram/keys.ts'
import type { Router } from '../router/router.ts'
import type { Clock } from '../util/clock.ts'
import { ClientPort } from './client-port.ts'
import { httpRoutes } from './http-routes.ts'
import { tlsContext } from './tls.ts'

export interface ListenerParts {
  readonly config: Config
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly router: Router
  readonly accounts: Accounts
  readonly decoy: Decoy
  readonly readiness: () => Readiness
}

/** An open port, as people are told of it. */
export interface OpenPort {
  readonly address: string
  readonly port: number
  /** What is spoken there, in a few words. */
  readonly speaks: string
  /** `c2s` or `http`, and how it is protected. */
  readonly kind: 'c2s' | 'c2s_tls' | 'http' | 'https'
}

/** All ports of a server. */
export interface Listeners {
  readonly ports: readonly OpenPort[]
  /** Lets nobody new in; those who are in stay. */
  stopAccepting(): Promise<void>
  /** Ends the streams of those who have not signed in yet. */
  stopNegotiating(): void
  /** Waits a while for connections to end, then drops those that are left. */
  close(): Promise<void>
}

type OpenListener = Pick<Listener, 'stopAccepting' | 'close'> & { readonly connections?: number }

/** How long streams get to end at a stop, and how often it is looked whether they have, in milliseconds. */
const grace = 2000
const look = 20

/** Opens the configured ports. When one cannot be opened, those that were are closed again. */
export async function openListeners(parts: ListenerParts): Promise<Listeners> {
  const listeners: OpenListener[] = []
  const ports: OpenPort[] = []
  const clients: ClientPort[] = []
  const contexts: TlsContext[] = []
  const opened = { listeners, ports, clients, contexts }
  const stopAccepting = async () => {
    await Promise.all(listeners.map((listener) => listener.stopAccepting()))
  }
  const drop = async () => {
    for (const context of contexts) context.close()
    await Promise.all(listeners.map((listener) => listener.close()))
  }
  const close = async () => {
    for (let waited = 0; waited < grace && listeners.some(({ connections = 0 }) => connections > 0); waited += look) {
      await new Promise<void>((resolve) => parts.clock.after(look, resolve))
    }
    await drop()
  }
  try {
    for (const listener of parts.config.listen.c2s) await openC2s(listener, parts, opened)
    for (const listener of parts.config.listen.http) await openHttp(listener, parts, opened)
  } catch (error) {
    await drop()
    throw error
  }
  const stopNegotiating = () => {
    for (const port of clients) port.stopNegotiating()
  }
  return { ports, stopAccepting, stopNegotiating, close }
}

interface Opened {
  readonly listeners: OpenListener[]
  readonly ports: OpenPort[]
  readonly clients: ClientPort[]
  readonly contexts: TlsContext[]
}

async function openC2s(config: C2sListener, parts: ListenerParts, opened: Opened): Promise<void> {
  const tls = config.tls === undefined ? undefined : await tlsContext(config.tls, ['xmpp-client'], parts)
  const isDirect = config.tls?.mode === 'tls'
  const clients = new ClientPort(parts, {
    isTlsPossible: tls !== undefined,
    allowedMethods: config.allowed_auth_methods,
  })
  const listener = await listenTcp(
    {
      port: config.port,
      host: config.ip_address,
      backlog: config.backlog,
      maxConnections: config.max_connections,
      refusal: () => clients.refusal(),
      proxyProtocol: config.proxy_protocol,
      tls: isDirect ? tls : undefined,
      clock: parts.clock,
      report: (event) => parts.log.info(event),
    },
    clients.streams(config, isDirect ? undefined : tls),
  )
  opened.listeners.push(listener)
  opened.clients.push(clients)
  if (tls !== undefined) opened.contexts.push(tls)
  const { address, port } = listener
  opened.ports.push({
    address,
    port,
    speaks: `XMPP clients, ${protection(config)}`,
    kind: isDirect ? 'c2s_tls' : 'c2s',
  })
}

function protection({ tls }: C2sListener): string {
  switch (tls?.mode) {
    case undefined:
      return 'no TLS'
    case 'tls':
      return 'direct TLS'
    case 'starttls':
      return 'STARTTLS offered'
    case 'starttls_required':
      return 'STARTTLS'
  }
}

async function openHttp(config: HttpListener, parts: ListenerParts, opened: Opened): Promise<void> {
  const tls = config.tls === undefined ? undefined : await tlsContext(config.tls, ['http/1.1'], parts)
  const clients = new ClientPort(parts, { isTlsPossible: tls !== undefined })
  const { routes, serves } = httpRoutes(config, { ...parts, clientPort: clients })
  const listener = await listenHttp({
    port: config.port,
    host: config.ip_address,
    maxConnections: config.transport.max_connections,
    tls,
    routes,
    serverHeader: parts.config.general.http_server_name,
    clock: parts.clock,
    report: (event) => parts.log.info(event),
  })
  opened.listeners.push(listener)
  opened.clients.push(clients)
  if (tls !== undefined) opened.contexts.push(tls)
  const { address, port } = listener
  const scheme = tls === undefined ? 'http' : 'https'
  opened.ports.push({ address, port, speaks: `${scheme.toUpperCase()}: ${serves.join(', ')}`, kind: scheme })
}
