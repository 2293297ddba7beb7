import type { Jid } from '../jid/jid.ts'
import type { UserAgent } from '../protocol/sasl2/login.ts'
import type { Stanza } from '../stanza/stanza.ts'
import type { StreamError } from '../stanza/stream-error.ts'
import { type Eventually, letRun } from '../util/settled.ts'
import type { RawElement } from '../xml/raw-element.ts'
import type { Wire } from '../xml/wire.ts'
import {
  type SessionReceives,
  sessionEnds,
  sessionReceives,
  type UserSends,
  userSends,
  userSendsNonza,
  userSendsPresence,
} from './events.ts'
import type { Host } from './host.ts'
import type { SessionKey } from './keys.ts'
import { refusalOf } from './refusal.ts'

/** What a session needs of the connection that carries it. */
export interface ClientLink {
  /** How stanzas are written there. */
  readonly form: 'client' | 'framed'
  /** Bytes not yet handed to the kernel. */
  readonly bufferedBytes: number
  /** Sends a stanza. Never fails: a connection that is gone or does not read ends its session by itself. */
  send(text: Wire): void
  /** Settles when the client has caught up with what was sent, or is gone; undefined where it is not behind by much. */
  whenRead(): Promise<void> | undefined
  /** Ends the stream, with an error or orderly. */
  close(error?: StreamError): void
}

/** Where a session comes from; shown to operators, used by access rules. */
export interface SessionInfo {
  readonly address: string
  readonly port: number
  /** Kind of connection: `c2s`, `c2s_tls`, `ws`, `bosh`. */
  readonly connection: string
  /** SASL mechanism used. */
  readonly mechanism: string
  readonly streamId: string
  /** The program, where it told (XEP-0388). */
  readonly agent?: UserAgent
}

/** Why a session is over; `status` goes into the last presence that contacts see. */
export interface EndReason {
  readonly kind: 'closed' | 'lost' | 'replaced' | 'kicked' | 'shutdown' | 'removed'
  readonly status?: string | undefined
}

/** One bound resource. Slim: an idle session costs little more than its connection. */
export class Session {
  readonly jid: Jid
  readonly host: Host
  readonly link: ClientLink
  readonly info: SessionInfo
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Undefined until presence has been sent and after it has been withdrawn. */
  priority: number | undefined
  /** The last presence that was broadcast. */
  presence: Stanza | undefined
  #ended = false
  #values: unknown[] | undefined

  constructor(host: Host, jid: Jid, link: ClientLink, info: SessionInfo) {
    this.host = host
    this.jid = jid
    this.link = link
    this.info = info
    this.startedAt = host.clock.now()
    this.priority = undefined
    this.presence = undefined
    this.#values = undefined
  }

  get isEnded(): boolean {
    return this.#ended
  }

  /** Whether messages to the bare address may come here (RFC 6121 §8.5.2.1). */
  get takesMessages(): boolean {
    return this.priority !== undefined && this.priority >= 0
  }

  get<T>(key: SessionKey<T>): T | undefined {
    return this.#values?.[key.index] as T | undefined
  }

  set<T>(key: SessionKey<T>, value: T | undefined): void {
    this.#values ??= []
    this.#values[key.index] = value
  }

  /**
   * Takes a stanza from the client, already stamped with its full address. A promise says that the next one has to wait
   * for it, so that the order between this session and whoever it writes to is kept.
   */
  receive(stanza: Stanza): Promise<void> | undefined {
    if (this.#ended) return undefined
    const { hooks } = this.host
    try {
      if (!hooks.has(userSends)) return this.#dispatch(stanza)
      const event: UserSends = { session: this, stanza }
      const outcome = hooks.run(userSends, event)
      if (outcome instanceof Promise) return this.#dispatchAfter(outcome, event)
      return outcome === 'handled' ? undefined : this.#dispatch(event.stanza)
    } catch (error) {
      this.#refuse(stanza, error)
      return undefined
    }
  }

  /** Takes an element that is no stanza; false when no module knows it. */
  receiveNonza(element: RawElement): boolean {
    return this.host.hooks.runNow(userSendsNonza, { session: this, element }) === 'handled'
  }

  /** Writes a stanza to the client, by way of the modules that watch what it receives. */
  deliver(stanza: Stanza): Promise<void> | undefined {
    const { hooks } = this.host
    if (!hooks.has(sessionReceives)) {
      this.link.send(stanza.toWire(this.link.form))
      return undefined
    }
    const event: SessionReceives = { session: this, stanza }
    return this.#writeAfter(hooks.run(sessionReceives, event), event)
  }

  /** Writes a stanza that was kept back in slot `hold` of `sessionReceives`; those before that have seen it already. */
  release(stanza: Stanza): Promise<void> | undefined {
    const event: SessionReceives = { session: this, stanza }
    return this.#writeAfter(this.host.hooks.runAfter(sessionReceives, 'hold', event), event)
  }

  /** Delivers a stanza that nobody waits for. Never throws: what a module has against it is logged with the module. */
  post(stanza: Stanza): void {
    letRun(
      () => this.deliver(stanza),
      () => {},
    )
  }

  /** Ends the session: it leaves the table, contacts are told. Does nothing the second time. */
  async end(reason: EndReason): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.host.sessions.remove(this)
    await this.host.hooks.run(sessionEnds, { session: this, reason })
  }

  #writeAfter(outcome: Eventually<'handled' | undefined>, event: SessionReceives): Promise<void> | undefined {
    if (outcome instanceof Promise) return outcome.then((answer) => this.#write(answer, event))
    this.#write(outcome, event)
    return undefined
  }

  #write(outcome: 'handled' | undefined, event: SessionReceives): void {
    if (outcome === undefined) this.link.send(event.stanza.toWire(this.link.form))
  }

  async #dispatchAfter(outcome: Promise<'handled' | undefined>, event: UserSends): Promise<void> {
    try {
      if ((await outcome) === undefined) await this.#dispatch(event.stanza)
    } catch (error) {
      this.#refuse(event.stanza, error)
    }
  }

  #dispatch(stanza: Stanza): Promise<void> | undefined {
    return stanza.kind === 'presence' ? this.#sendPresence(stanza) : this.host.router.route(stanza, this)
  }

  #sendPresence(stanza: Stanza): Promise<void> | undefined {
    const event: UserSends = { session: this, stanza }
    const outcome: Eventually<'handled' | undefined> = this.host.hooks.run(userSendsPresence, event)
    if (outcome instanceof Promise) return this.#routeAfter(outcome, event)
    return outcome === 'handled' ? undefined : this.host.router.route(event.stanza, this)
  }

  async #routeAfter(outcome: Promise<'handled' | undefined>, event: UserSends): Promise<void> {
    try {
      if ((await outcome) === undefined) await this.host.router.route(event.stanza, this)
    } catch (error) {
      this.#refuse(event.stanza, error)
    }
  }

  /** A module failed on, or refused, what the client sent: the client is told, the stream goes on. */
  #refuse(stanza: Stanza, error: unknown): void {
    const reply = stanza.errorReply(refusalOf(error))
    if (reply !== undefined) this.link.send(reply.toWire(this.link.form))
  }
}
