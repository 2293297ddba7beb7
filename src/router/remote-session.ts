import type { NodeRun } from '../cluster/cluster.ts'
import type { Jid } from '../jid/jid.ts'
import type { Stanza } from '../stanza/stanza.ts'
import { sessionEnds } from './events.ts'
import type { Host } from './host.ts'
import { type ClientLink, type EndReason, Session, type SessionInfo } from './session.ts'

/** What reaches the node that a session is on. */
export interface SessionHome {
  /** Settles when the session has it, or somebody else who is to have it then. Never rejects. */
  deliver(session: RemoteSession, stanza: Stanza): Promise<void>
  /** Lets the session send a stanza; settles when it has. Never rejects. */
  receive(session: RemoteSession, stanza: Stanza): Promise<void>
  /** Ends the session there; settles when that has been done. Never rejects. */
  end(session: RemoteSession, reason: EndReason): Promise<void>
}

/** There is no connection here. */
const elsewhere: ClientLink = {
  form: 'client',
  bufferedBytes: 0,
  send() {},
  whenRead: () => undefined,
  close() {},
}

/** What a session of another node begins with. */
export interface RemoteOrigin {
  readonly node: NodeRun
  readonly home: SessionHome
  readonly info: SessionInfo
  readonly startedAt: number
}

/** A session of another node, as far as this one knows: what is delivered to it goes there, in order. */
export class RemoteSession extends Session {
  readonly node: NodeRun
  readonly #home: SessionHome
  #isOver = false

  constructor(host: Host, jid: Jid, { node, home, info, startedAt }: RemoteOrigin) {
    super(host, jid, { link: elsewhere, info, startedAt })
    this.node = node
    this.#home = home
  }

  override get isEnded(): boolean {
    return this.#isOver
  }

  /** Nobody here waits for what another node does; the sender of a stanza that is acknowledged does. */
  override deliver(stanza: Stanza): undefined {
    stanza.causes(this.#home.deliver(this, stanza))
  }

  override answer(reply: Stanza): void {
    this.deliver(reply)
  }

  override receive(stanza: Stanza): Promise<void> {
    return this.#home.receive(this, stanza)
  }

  override async end(reason: EndReason): Promise<void> {
    if (this.#isOver) return
    await this.#home.end(this, reason)
  }

  /** Its own node stops; this one only no longer hears of it. */
  override async suspend(): Promise<void> {}

  /** Takes it out of the table: it is not there any more. */
  gone(): void {
    this.#isOver = true
    this.host.sessions.remove(this)
  }

  /** Its node is gone without a word: its end is told here. It is out of the table already. */
  async lost(): Promise<void> {
    await this.host.hooks.run(sessionEnds, { session: this, reason: { kind: 'lost' } })
  }
}

/** Whether the connection of a session is to this node. */
export function isHere(session: Session): boolean {
  return !(session instanceof RemoteSession)
}
