import type { Jid } from '../jid/jid.ts'
import type { UserAgent } from '../protocol/sasl2/login.ts'
import type { Stanza } from '../stanza/stanza.ts'
import type { StreamError } from '../stanza/stream-error.ts'
import type { Ticket } from '../stanza/ticket.ts'
import { afterwards, type Eventually, letRun } from '../util/settled.ts'
import type { RawElement } from '../xml/raw-element.ts'
import type { Wire } from '../xml/wire.ts'
import {
  type SessionReceives,
  sessionDetaches,
  sessionEnds,
  sessionReceives,
  type UserSends,
  userSends,
  userSendsNonza,
  userSendsPresence,
} from './events.ts'
import type { Host } from './host.ts'
import type { SessionKey } from './keys.ts'
import { LostLink } from './lost-link.ts'
import { refusalOf } from './refusal.ts'
import type { SessionKeeper } from './session-keeper.ts'

/** What a session needs of the connection that carries it. */
export interface ClientLink {
  /** How stanzas are written there. */
  readonly form: 'client' | 'framed'
  /** Bytes not yet handed to the kernel. */
  readonly bufferedBytes: number
  /**
   * Sends a stanza. Never fails: a connection that is gone or does not read ends its session by itself. `stanza` is what is
   * counted; without it, something was sent that is none.
   */
  send(text: Wire, stanza?: Stanza): void
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

/** What a session begins with. */
export interface SessionOrigin {
  readonly link: ClientLink
  readonly info: SessionInfo
  /** Milliseconds since the epoch; now unless given. */
  readonly startedAt?: number
}

/** Why a session is over; `status` goes into the last presence that contacts see. */
export interface EndReason {
  readonly kind: 'closed' | 'lost' | 'replaced' | 'kicked' | 'shutdown' | 'removed' | 'domain_gone'
  readonly status?: string | undefined
}

/** One bound resource. Slim: an idle session costs little more than its connection. */
export class Session {
  readonly jid: Jid
  readonly host: Host
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  #link: ClientLink
  #info: SessionInfo
  #priority: number | undefined = undefined
  #presence: Stanza | undefined = undefined
  #ended = false
  #values: unknown[] | undefined = undefined
  #keeper: SessionKeeper | undefined = undefined

  constructor(host: Host, jid: Jid, { link, info, startedAt }: SessionOrigin) {
    this.host = host
    this.jid = jid
    this.#link = link
    this.#info = info
    this.startedAt = startedAt ?? host.clock.now()
  }

  /** The connection that carries it; one that leads nowhere while it waits for another. */
  get link(): ClientLink {
    return this.#link
  }

  get info(): SessionInfo {
    return this.#info
  }

  get isEnded(): boolean {
    return this.#ended
  }

  /** Whether its connection is lost and it waits for another one. */
  get isDetached(): boolean {
    return this.#link instanceof LostLink
  }

  /** Undefined until presence has been sent and after it has been withdrawn. */
  get priority(): number | undefined {
    return this.#priority
  }

  set priority(priority: number | undefined) {
    this.#priority = priority
    this.#keeper?.changed()
  }

  /** The last presence that was broadcast. */
  get presence(): Stanza | undefined {
    return this.#presence
  }

  set presence(presence: Stanza | undefined) {
    this.#presence = presence
    this.#keeper?.changed()
  }

  /** What accounts for its stanzas, where that has been asked for. */
  get keeper(): SessionKeeper | undefined {
    return this.#keeper
  }

  /** From now on every stanza is accounted for. */
  keptBy(keeper: SessionKeeper): void {
    this.#keeper = keeper
  }

  /** Whether messages to the bare address may come here (RFC 6121 §8.5.2.1). */
  get takesMessages(): boolean {
    return this.#priority !== undefined && this.#priority >= 0
  }

  get<T>(key: SessionKey<T>): T | undefined {
    return this.#values?.[key.index] as T | undefined
  }

  set<T>(key: SessionKey<T>, value: T | undefined): void {
    this.#values ??= []
    this.#values[key.index] = value
    if (key.codec !== undefined) this.#keeper?.changed()
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

  /** Counts a stanza that has come, where that has been asked for: who handles it tells the ticket. */
  count(): Ticket | undefined {
    return this.#keeper?.count()
  }

  /** Takes an element that is no stanza; false when no module knows it. */
  receiveNonza(element: RawElement): boolean {
    return this.host.hooks.runNow(userSendsNonza, { session: this, element }) === 'handled'
  }

  /** Writes a stanza to the client, by way of the modules that watch what it receives. */
  deliver(stanza: Stanza): Promise<void> | undefined {
    const { hooks } = this.host
    if (!hooks.has(sessionReceives)) return this.#send(stanza)
    const event: SessionReceives = { session: this, stanza }
    return this.#writeAfter(hooks.run(sessionReceives, event), event)
  }

  /** Whether the client is still to have a stanza that was kept for it: who may reach it can have changed since. */
  stillTakes(stanza: Stanza): Eventually<boolean> {
    const event: SessionReceives = { session: this, stanza }
    return afterwards(this.host.hooks.runIn(sessionReceives, 'guard', event), (answer) => answer === undefined)
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

  /** Sends the client an answer of the server's own. */
  answer(reply: Stanza): void {
    this.#send(reply)
  }

  /** Its connection is lost: the session ends, or waits for another one. Nothing happens when it has one already. */
  async disconnect(link: ClientLink, status?: string): Promise<void> {
    if (this.#ended || link !== this.#link) return
    if (this.#keeper?.isResumable !== true) return this.end({ kind: 'lost', status })
    this.#link = new LostLink(link.form)
    await this.host.hooks.run(sessionDetaches, { session: this })
  }

  /** Goes on over another connection. The one before is given back, to be closed. */
  attach(link: ClientLink, info: SessionInfo): ClientLink {
    const before = this.#link
    this.#link = link
    this.#info = info
    return before
  }

  /** The server stops; the session goes on after its next start. */
  async suspend(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.host.sessions.remove(this)
    if (!this.isDetached) await this.host.hooks.run(sessionDetaches, { session: this })
    await this.#keeper?.suspend()
  }

  /** Ends the session: it leaves the table, contacts are told. Does nothing the second time. */
  async end(reason: EndReason): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.host.sessions.remove(this)
    if (this.isDetached) this.#link.close()
    await this.host.hooks.run(sessionEnds, { session: this, reason })
  }

  #writeAfter(outcome: Eventually<'handled' | undefined>, event: SessionReceives): Promise<void> | undefined {
    if (outcome instanceof Promise) return outcome.then((answer) => this.#write(answer, event))
    this.#write(outcome, event)
    return undefined
  }

  #write(outcome: 'handled' | undefined, event: SessionReceives): void {
    if (outcome === undefined) this.#send(event.stanza)
  }

  #send(stanza: Stanza): undefined {
    if (this.#keeper === undefined) this.#link.send(stanza.toWire(this.#link.form), stanza)
    else this.#keeper.deliver(stanza)
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
    if (reply !== undefined) this.#send(reply)
  }
}
