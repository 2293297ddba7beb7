import { closingText, elementText, openingText } from '../edges/c2s/stream-text.ts'
import { TcpClient } from '../edges/c2s/tcp-client.ts'
import type {
  BindRequest,
  ClientNote,
  ClientService,
  CompletionRequest,
  CompletionResult,
  Offer,
  OfferResult,
} from '../edges/client-service.ts'
import { FrameClient } from '../edges/websocket/frame-client.ts'
import type { Jid } from '../jid/jid.ts'
import type { Accept } from '../net/tcp.ts'
import type { TlsContext } from '../net/tls-context.ts'
import type { AcceptFrames } from '../net/websocket.ts'
import type { C2sRules } from '../protocol/c2s/rules.ts'
import { completeLogin } from '../router/login.ts'
import type { Session } from '../router/session.ts'
import { openSession } from '../router/session-opener.ts'
import { answerStranger, offerToModules } from '../router/stranger.ts'
import { StanzaError } from '../stanza/stanza-error.ts'
import { StreamError } from '../stanza/stream-error.ts'
import { randomId } from '../util/random-id.ts'
import { TimerWheel } from '../util/timer-wheel.ts'
import { defaultLimits } from '../xml/limits.ts'
import { asWire, type Wire } from '../xml/wire.ts'
import type { ListenerParts } from './port.ts'
import { shapedRate } from './shaped-rate.ts'
import { SignInDesk } from './sign-in-desk.ts'
import { StreamHosts } from './stream-hosts.ts'

/** What a listener or handler says about its clients. */
export interface ClientRules {
  readonly access: string
  /** A shaper, an access rule that gives one, or `none`. */
  readonly shaper?: string
  readonly max_stanza_size: number
  readonly max_unauthenticated_size: number
  readonly max_stanza_rate: number
  readonly state_timeout: number
  readonly backwards_compatible_session: boolean
}

/** Connections without a session yet, to be told when the server stops. */
export type Negotiating = Set<{ stop(error: StreamError): void }>

export interface ClientPortOptions {
  readonly isTlsPossible: boolean
  /** Where connections without a session are kept, one set for a port whatever becomes of its settings. */
  readonly negotiating?: Negotiating
  /** Authentication methods that may be used here; all unless given. */
  readonly authMethods?: readonly string[] | undefined
}

/** Sessions of one account, where no rule `max_user_sessions` says otherwise. */
const usualSessions = 100
/** Bytes that may wait for a client that does not read. */
export const maxBufferedBytes = 4 << 20

/** The edge for clients on one port: what their connections need of the rest of the server. */
export class ClientPort {
  readonly #parts: ListenerParts
  readonly #hosts: StreamHosts
  /** Who decides whether somebody has proven who it is. */
  readonly desk: SignInDesk
  readonly #wheel: TimerWheel
  /** Connections without a session yet. */
  readonly negotiating: Negotiating

  constructor(parts: ListenerParts, { isTlsPossible, authMethods, negotiating = new Set() }: ClientPortOptions) {
    this.#parts = parts
    this.#hosts = new StreamHosts(parts, { plainOnlyOverTls: isTlsPossible, authMethods })
    this.negotiating = negotiating
    this.desk = new SignInDesk(parts, this.#hosts)
    this.#wheel = new TimerWheel(parts.clock)
  }

  /** How many of them have a time-out running. */
  get armed(): number {
    return this.#wheel.size
  }

  /** Serves byte streams; `tls` is for STARTTLS. */
  streams(rules: ClientRules & { tls?: { mode?: string } | undefined }, tls: TlsContext | undefined): Accept {
    const startTls = tls === undefined ? 'none' : rules.tls?.mode === 'starttls_required' ? 'required' : 'offered'
    const service = this.#service(rules, { framing: 'stream', startTls })
    return (connection) => TcpClient.accept(service, connection, tls)
  }

  /** Serves WebSockets. */
  frames(rules: ClientRules): AcceptFrames {
    const service = this.#service(rules, { framing: 'framed', startTls: 'none' })
    return (connection) => FrameClient.accept(service, connection)
  }

  /** Serves requests over HTTP (BOSH), for domains of these host types; of all unless given. */
  requests(rules: ClientRules, hostTypes: readonly string[] | undefined): ClientService {
    const service = this.#service(rules, { framing: 'framed', startTls: 'none' })
    if (hostTypes === undefined) return service
    const host = (domain: string) => {
      const type = this.#parts.router.hostOf(domain)?.type
      return type !== undefined && hostTypes.includes(type) ? service.rules.host(domain) : undefined
    }
    return { ...service, rules: { ...service.rules, host } }
  }

  /** Ends the streams of those who have not signed in yet. */
  static stopNegotiating(negotiating: Negotiating): void {
    for (const client of [...negotiating]) client.stop(new StreamError('system-shutdown'))
  }

  /** What a client beyond the limit of connections is told (RFC 6120 §4.9.3.17). */
  refusal(): Wire {
    const { config } = this.#parts
    const header = {
      from: config.general.default_server_domain,
      to: undefined,
      id: newId(),
      lang: config.general.language,
    }
    const error = new StreamError('resource-constraint', 'Too many connections')
    return asWire(openingText(header) + elementText(error.toElement()) + closingText)
  }

  #service(rules: ClientRules, way: Pick<C2sRules, 'framing' | 'startTls'>): ClientService {
    const { clock } = this.#parts
    return {
      rules: this.#rules(rules, way),
      limits: { ...defaultLimits, maxElementBytes: rules.max_stanza_size },
      strangerLimits: {
        ...defaultLimits,
        maxElementBytes: Math.min(rules.max_unauthenticated_size, rules.max_stanza_size),
      },
      maxStanzaRate: rules.max_stanza_rate,
      maxBufferedBytes,
      clock,
      wheel: this.#wheel,
      traffic: this.#parts.traffic,
      negotiating: this.negotiating,
      rateFor: (user) => this.#rate(rules.shaper ?? 'none', user),
      answer: (request, address) => this.desk.answer(request, address),
      offer: (offer) => this.#offer(offer),
      open: (request) => this.#open(request, rules.access),
      complete: (request) => this.#complete(request, rules.access),
      note: (note) => this.#note(note),
    }
  }

  #rules(rules: ClientRules, way: Pick<C2sRules, 'framing' | 'startTls'>): C2sRules {
    const { general } = this.#parts.config
    const size = rules.max_stanza_size
    return {
      ...way,
      defaultDomain: general.default_server_domain,
      language: general.language,
      hidesServiceName: general.hide_service_name,
      awaitsSessionIq: rules.backwards_compatible_session,
      stateTimeout: rules.state_timeout,
      maxAuthFailures: 3,
      maxBindFailures: 5,
      maxStanzaBytes: Number.isFinite(size) ? size : undefined,
      host: (domain) => this.#hosts.find(domain),
      newStreamId: newId,
      newNonce: newId,
    }
  }

  /** Bytes a second that a shaper, or the access rule that names one, allows. */
  #rate(name: string, user: Jid | undefined): number {
    const { config, router } = this.#parts
    return shapedRate(name, config, (rule) =>
      user === undefined ? undefined : router.hostOf(user.domain)?.access.evaluate(rule, user, user.domain),
    )
  }

  async #offer({ element, user, domain, isSecure, link, info }: Offer): Promise<OfferResult> {
    const host = this.#parts.router.hostOf(domain)
    if (host === undefined) return { isTaken: false }
    if (element.name !== 'iq') return offerToModules({ host, element, user, link, info })
    if (user !== undefined) return { isTaken: false }
    const { address } = info
    const reply = await answerStranger(
      { host, domain, request: element, address, isSecure, connection: link },
      (error) => this.#note({ what: 'client_stream_fault', address, reason: error }),
    )
    return reply === undefined ? { isTaken: false } : { isTaken: true, replies: [reply] }
  }

  async #open({ user, resource, link, info, prepare }: BindRequest, rule: string): Promise<Session> {
    const host = this.#parts.router.hostOf(user.domain)
    if (host === undefined) throw new StanzaError('not-allowed')
    if (!host.access.allows(rule, user, user.domain)) throw new StanzaError('not-allowed')
    const refusal = await this.desk.refusalOf(user)
    if (refusal !== undefined)
      throw new StanzaError('not-allowed', refusal.text === undefined ? {} : { text: refusal.text })
    const maxSessions = host.access.limit('max_user_sessions', user, user.domain, usualSessions)
    if (host.sessions.of(user).length >= maxSessions) {
      this.desk.limitReached('session', { jid: user.full, ip: info.address })
    }
    return openSession({ host, user, resource, link, info, maxSessions, prepare })
  }

  #complete({ login, link, info }: CompletionRequest, rule: string): Promise<CompletionResult> {
    const { user } = login
    const host = this.#parts.router.hostOf(user.domain)
    if (host === undefined) return Promise.resolve({ results: [] })
    return completeLogin({ host, login, link, info, open: (wish) => this.#open({ user, link, ...wish }, rule) })
  }

  #note(note: ClientNote): void {
    const { log } = this.#parts
    switch (note.what) {
      case 'user_authenticated':
        log.info({ what: note.what, jid: note.user.full, mechanism: note.mechanism, ip: note.address })
        break
      case 'auth_failed':
        this.desk.noteFailure(note)
        break
      case 'client_does_not_read':
        this.desk.limitReached('unread', { ip: note.address, bytes: note.bytes })
        break
      case 'client_stream_fault':
        log.error({ what: note.what, ip: note.address, reason: note.reason })
    }
  }
}

/** Unpredictable, 108 bits. */
function newId(): string {
  return randomId(18)
}
