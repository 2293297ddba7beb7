import type { Jid } from '../jid/jid.ts'
import type { RemoteAddress } from '../net/connection.ts'
import type { ClientLink, Session } from '../router/session.ts'
import type { Stanza } from '../stanza/stanza.ts'
import { StanzaError } from '../stanza/stanza-error.ts'
import { letRun } from '../util/settled.ts'
import type { Wire } from '../xml/wire.ts'
import type { BindRequest, ClientService } from './client-service.ts'
import type { SessionTraffic } from './client-traffic.ts'

/** What the streams of events of one listener share. */
export interface EventService extends Pick<ClientService, 'maxBufferedBytes' | 'clock' | 'traffic' | 'note'> {
  /** Opens a session; rejects with StanzaError where the user may not have one. */
  open(request: BindRequest): Promise<Session>
}

/** What a reader is shown of a stanza; `data` is sent as JSON. */
export interface ShownEvent {
  readonly event: string
  readonly data: unknown
}

/** Where events go: an `EventStream`. */
export interface EventSink {
  /** Bytes that wait for the reader. */
  readonly bufferedBytes: number
  send(data: string, event: string): void
  /** Settles when the reader has caught up, or is gone. */
  whenRead(): Promise<void>
  end(): void
}

export interface EventClientOptions {
  readonly user: Jid
  readonly remote: RemoteAddress
  /** What the reader is shown of a stanza: any number of events. */
  show(stanza: Stanza): readonly ShownEvent[]
}

/** Delivery waits for a reader that is behind by so many bytes. */
const muchUnread = 65_536

/**
 * The client of a session that only reads: stanzas become events, and requests are refused in its name. Nobody is told that
 * it is there: it has priority 0 and no presence.
 */
export class EventClient implements ClientLink {
  readonly form = 'framed'
  readonly #service: EventService
  readonly #options: EventClientOptions
  #session: Session | undefined
  #traffic: SessionTraffic | undefined
  #sink: EventSink | undefined
  #isOver = false

  private constructor(service: EventService, options: EventClientOptions) {
    this.#service = service
    this.#options = options
  }

  /** Opens a session that gets nothing until {@link begin}. Rejects with StanzaError where the user may not have one. */
  static async open(service: EventService, options: EventClientOptions): Promise<EventClient> {
    const client = new EventClient(service, options)
    const { user, remote } = options
    const info = { ...remote, connection: 'sse', mechanism: 'PLAIN', streamId: '' }
    client.#session = await service.open({ user, resource: undefined, link: client, info })
    client.#traffic = service.traffic.of(user.domain)
    return client
  }

  /** From now on messages to the account come here. */
  begin(sink: EventSink): void {
    if (this.#isOver || this.#session === undefined) sink.end()
    else {
      this.#sink = sink
      this.#session.priority = 0
    }
  }

  /** The reader is gone. */
  gone(): void {
    this.#isOver = true
    this.#run((session) => session.disconnect(this))
  }

  get bufferedBytes(): number {
    return this.#sink?.bufferedBytes ?? 0
  }

  send(text: Wire, stanza?: Stanza): void {
    if (this.#isOver || stanza === undefined) return
    if (stanza.kind === 'iq') this.#refuse(stanza)
    else if (this.#sink !== undefined && this.#session !== undefined) {
      const events = this.#options.show(stanza)
      if (events.length > 0) this.#traffic?.sent(this.#session.jid, text, stanza)
      for (const { data, event } of events) this.#sink.send(JSON.stringify(data), event)
    }
  }

  whenRead(): Promise<void> | undefined {
    return this.#isOver || this.bufferedBytes < muchUnread ? undefined : this.#sink?.whenRead()
  }

  close(): void {
    this.#isOver = true
    this.#sink?.end()
  }

  /** Whoever asks for something is told that there is nobody who could answer (RFC 6120 §8.2.3). */
  #refuse(request: Stanza): void {
    const isRequest = request.type === 'get' || request.type === 'set'
    const reply = isRequest ? request.errorReply(new StanzaError('service-unavailable')) : undefined
    if (reply !== undefined) this.#run((session) => session.receive(reply))
  }

  /** Does something that nobody waits for. */
  #run(act: (session: Session) => unknown): void {
    const session = this.#session
    if (session === undefined) return
    const { address } = this.#options.remote
    letRun(
      () => act(session),
      (reason) => this.#service.note({ what: 'client_stream_fault', address, reason }),
    )
  }
}
