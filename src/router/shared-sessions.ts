import type { NodeRun, Told } from '../cluster/cluster.ts'
import { PeerBehind } from '../cluster/peer-outbox.ts'
import { Jid } from '../jid/jid.ts'
import { Stanza } from '../stanza/stanza.ts'
import { type StreamCondition, StreamError } from '../stanza/stream-error.ts'
import { KeyedMailbox } from '../util/mailbox.ts'
import { letRun } from '../util/settled.ts'
import { sessionEnds, sessionOpens } from './events.ts'
import type { Host } from './host.ts'
import { NodeKeeper } from './node-keeper.ts'
import { isCarbon, isRerouted } from './notes.ts'
import { refusalOf } from './refusal.ts'
import { isHere, RemoteSession, type SessionHome } from './remote-session.ts'
import type { EndReason, Session } from './session.ts'
import { replaceSession } from './session-opener.ts'
import { fillSession, type SessionState, stateOf } from './session-state.ts'

/** What nodes tell each other of sessions. `jid` is full. */
type Message =
  | { readonly op: 'state'; readonly jid: string; readonly state: SessionState }
  | { readonly op: 'end'; readonly jid: string; readonly startedAt: number }
  /** Whoever hears it tells all of its sessions. */
  | { readonly op: 'want' }
  | {
      readonly op: 'stanza' | 'receive'
      readonly jid: string
      readonly text: string
      readonly notes?: Record<string, unknown>
    }
  | { readonly op: 'close'; readonly jid: string; readonly startedAt: number; readonly reason: EndReason }

/** How the stream of a session ends that another node has ended. */
const endings: Partial<Record<EndReason['kind'], StreamCondition>> = {
  replaced: 'conflict',
  kicked: 'conflict',
  removed: 'not-authorized',
  domain_gone: 'host-gone',
}

/**
 * The sessions of a host type on all nodes of a cluster. Each node is the authority for its own and tells the others what changes;
 * theirs are in the session table as {@link RemoteSession}.
 */
export class SharedSessions implements SessionHome {
  readonly #host: Host
  readonly #topic: string
  readonly #onFailure: (error: unknown) => void
  /** Stanzas for one session are delivered one after another. */
  readonly #lane = new KeyedMailbox('lane')
  readonly #remote = new Map<string, RemoteSession>()
  readonly #changed = new Set<Session>()
  readonly #undo: (() => void)[]

  private constructor(host: Host, onFailure: (error: unknown) => void) {
    const { cluster, hooks } = host
    this.#host = host
    this.#topic = `sessions.${host.type}`
    this.#onFailure = onFailure
    const module = 'cluster'
    const opens = hooks.join(sessionOpens, 'early', { module, handler: ({ session }) => this.#opened(session) })
    const ends = hooks.join(sessionEnds, 'late', { module, handler: ({ session }) => this.#ended(session) })
    this.#undo = [
      cluster.hear(this.#topic, (body, from) => this.#hear(body as unknown as Message, from)),
      cluster.onGone((node) => this.#nodeGone(node)),
      cluster.onMissed(() => this.#rejoin()),
      () => opens.leave(),
      () => ends.leave(),
    ]
  }

  /** Shares the sessions of a host type from now on; resolves when those that are there are known. The function returned ends it. */
  static async start(host: Host, onFailure: (error: unknown) => void): Promise<() => void> {
    const shared = new SharedSessions(host, onFailure)
    await shared.#tellAll({ op: 'want' })
    return () => {
      for (const undo of shared.#undo) undo()
    }
  }

  async deliver(session: RemoteSession, stanza: Stanza): Promise<void> {
    try {
      await this.#tellOne(session.node, { op: 'stanza', jid: session.jid.full, ...written(stanza) })
    } catch (error) {
      if (error instanceof PeerBehind) this.#host.router.bounce(stanza, 'resource-constraint')
      // Its node is gone, and the session is out of the table.
      else this.#astray(stanza)
    }
  }

  async receive(session: RemoteSession, stanza: Stanza): Promise<void> {
    const message: Message = { op: 'receive', jid: session.jid.full, ...written(stanza) }
    await this.#tellOne(session.node, message).catch(this.#onFailure)
  }

  async end(session: RemoteSession, reason: EndReason): Promise<void> {
    const { jid, startedAt, node } = session
    this.#forget(session)
    // Where its node is gone, so is the session.
    await this.#tellOne(node, { op: 'close', jid: jid.full, startedAt, reason }).catch(() => {})
  }

  /** A session of this node: the others know it before its client does. */
  #opened(session: Session): Promise<void> {
    session.keptBy(new NodeKeeper(session, (changed) => this.#noteChange(changed)))
    return this.#tellState(session)
  }

  #ended(session: Session): Promise<void> | undefined {
    if (!isHere(session)) return undefined
    return this.#tellAll({ op: 'end', jid: session.jid.full, startedAt: session.startedAt })
  }

  /** What changes together is told together, and before what the session does next. */
  #noteChange(session: Session): void {
    this.#changed.add(session)
    if (this.#changed.size > 1) return
    queueMicrotask(() => {
      const changed = [...this.#changed]
      this.#changed.clear()
      for (const each of changed) if (!each.isEnded) void this.#tellState(each)
    })
  }

  #tellState(session: Session): Promise<void> {
    return this.#tellAll(stateMessage(session))
  }

  #tellAll(message: Message): Promise<void> {
    return this.#host.cluster.tell(this.#topic, message as unknown as Told)
  }

  #tellOne(node: NodeRun, message: Message): Promise<void> {
    return this.#host.cluster.tellRun(node, this.#topic, message as unknown as Told)
  }

  #hear(message: Message, from: NodeRun): unknown {
    switch (message.op) {
      case 'state':
        return this.#learn(message.jid, message.state, from)
      case 'end':
        return this.#unlearn(message.jid, message.startedAt, from)
      case 'want':
        return Promise.all(this.#own().map((session) => this.#tellOne(from, stateMessage(session))))
      case 'stanza':
        return this.#arrive(message.jid, read(message))
      case 'receive':
        return this.#ownSession(message.jid)?.receive(read(message))
      case 'close':
        return this.#closeOwn(message.jid, message.startedAt, message.reason)
    }
  }

  #own(): Session[] {
    return [...this.#host.sessions.all()].filter(isHere)
  }

  #ownSession(jid: string): Session | undefined {
    const session = this.#host.sessions.find(Jid.parse(jid))
    return session !== undefined && isHere(session) ? session : undefined
  }

  /** Another node has a session, or something has changed of it. */
  #learn(full: string, state: SessionState, node: NodeRun): Promise<void> | undefined {
    const known = this.#remote.get(full)
    if (known !== undefined && known.node.run === node.run && known.startedAt === state.startedAt) {
      fillSession(known, state)
      return undefined
    }
    if (known !== undefined && isNewer(known, state, node.name)) return undefined
    if (known !== undefined) this.#forget(known)
    const jid = Jid.parse(full)
    const own = this.#ownSession(full)
    // Bound on two nodes at the same time: both find the same one to be the newer.
    if (own !== undefined && isNewer({ startedAt: own.startedAt, node: this.#here }, state, node.name)) return undefined
    const host = this.#host
    if (own !== undefined) host.sessions.remove(own)
    const session = new RemoteSession(host, jid, { node, home: this, info: state.info, startedAt: state.startedAt })
    fillSession(session, state)
    this.#remote.set(full, session)
    this.#addInOrder(session)
    host.sessions.elsewhere = this.#remote.size
    return own === undefined ? undefined : replaceSession(own)
  }

  /** The sessions of an account stand oldest first. */
  #addInOrder(session: Session): void {
    const { sessions } = this.#host
    const later = sessions.of(session.jid).filter(({ startedAt }) => startedAt > session.startedAt)
    for (const each of later) sessions.remove(each)
    for (const each of [session, ...later]) sessions.add(each)
  }

  get #here(): { readonly name: string } {
    return { name: this.#host.cluster.nodeName }
  }

  #unlearn(full: string, startedAt: number, node: NodeRun): void {
    const known = this.#remote.get(full)
    if (known?.node.run === node.run && known.startedAt === startedAt) this.#forget(known)
  }

  #forget(session: RemoteSession): void {
    if (this.#remote.get(session.jid.full) === session) this.#remote.delete(session.jid.full)
    this.#host.sessions.elsewhere = this.#remote.size
    session.gone()
  }

  #arrive(full: string, stanza: Stanza): unknown {
    return this.#lane.run(full, async () => {
      const session = this.#ownSession(full)
      if (session === undefined) this.#astray(stanza)
      else await this.#pass(session, stanza)
    })
  }

  /** A module may refuse a stanza for this very session: then its sender is told, who is at another node. */
  async #pass(session: Session, stanza: Stanza): Promise<void> {
    try {
      await session.deliver(stanza)
    } catch (error) {
      const isForIt = stanza.kind !== 'presence' && stanza.to?.full === session.jid.full
      const reply = isForIt && stanza.get(isCarbon) === undefined ? stanza.errorReply(refusalOf(error)) : undefined
      if (reply !== undefined) this.#host.router.post(reply)
    }
  }

  /** The session that it was for is not there: it goes the way of a new stanza, or back. */
  #astray(stanza: Stanza): void {
    const { router } = this.#host
    if (stanza.kind === 'message') router.post(stanza.with(isRerouted, true))
    else if (stanza.kind === 'iq' && (stanza.type === 'get' || stanza.type === 'set')) {
      router.bounce(stanza, 'service-unavailable')
    }
  }

  async #closeOwn(full: string, startedAt: number, reason: EndReason): Promise<void> {
    const session = this.#ownSession(full)
    if (session?.startedAt !== startedAt) return
    const ended = session.end(reason)
    const condition = endings[reason.kind]
    session.link.close(condition === undefined ? undefined : new StreamError(condition, reason.status))
    await ended
  }

  /** A node has died: one of those that are left tells whoever has to know. */
  #nodeGone({ run }: NodeRun): void {
    const lost = [...this.#remote.values()].filter(({ node }) => node.run === run)
    for (const session of lost) this.#forget(session)
    // One of them may have stood in the way of another one of the same address, by a clock that was ahead.
    void this.#tellAll({ op: 'want' })
    const [first] = this.#host.cluster.members.map(({ name }) => name).sort()
    if (first !== this.#here.name) return
    for (const session of lost) letRun(() => session.lost(), this.#onFailure)
  }

  /** The others have taken this node for dead, and it knows nothing of theirs. */
  #rejoin(): void {
    for (const session of [...this.#remote.values()]) this.#forget(session)
    for (const session of this.#own()) {
      void this.#tellState(session)
      // Contacts have been told that it is gone.
      const { presence } = session
      if (presence !== undefined) letRun(() => session.receive(presence), this.#onFailure)
    }
    void this.#tellAll({ op: 'want' })
  }
}

function stateMessage(session: Session): Message {
  return { op: 'state', jid: session.jid.full, state: stateOf(session) }
}

/** Whether a session was bound later than one of another node; the name decides where both were at the same moment. */
function isNewer(
  session: { readonly startedAt: number; readonly node: { readonly name: string } },
  state: SessionState,
  name: string,
): boolean {
  if (session.startedAt !== state.startedAt) return session.startedAt > state.startedAt
  return session.node.name > name
}

/** A stanza as it goes to another node, with what modules have noted for others. */
function written(stanza: Stanza): { text: string; notes?: Record<string, unknown> } {
  const notes = stanza.routedNotes
  return { text: stanza.toBytes().toString('utf8'), ...(notes === undefined ? {} : { notes }) }
}

function read({ text, notes }: { readonly text: string; readonly notes?: Record<string, unknown> }): Stanza {
  return Stanza.fromBytes(Buffer.from(text, 'utf8'), Jid.parse).withRoutedNotes(notes)
}
