import { Jid } from '../../jid/jid.ts'
import type { LimitReached } from '../../observe/limits.ts'
import { sessionAvailable } from '../../router/events.ts'
import type { Host } from '../../router/host.ts'
import { sessionKey } from '../../router/keys.ts'
import type { Session } from '../../router/session.ts'
import { delayElement } from '../../stanza/delay.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { jsonNote, type NoteCodec } from '../../stanza/stanza-key.ts'
import { afterwards, type Eventually, letRun } from '../../util/settled.ts'
import { el } from '../../xml/element.ts'
import type { Roster, RosterApi, RosterChanged } from '../roster/api.ts'
import { type PresenceApi, presenceLeaves, presenceShown, presenceWithdrawn } from './api.ts'
import { priorityOf } from './priority.ts'

const isNumber = (json: unknown): json is number => typeof json === 'number'
const addressesCodec: NoteCodec<Map<string, Jid>> = {
  encode: (addresses) => [...addresses.keys()],
  decode: (json) => (Array.isArray(json) ? new Map(json.map((full: string) => [full, Jid.parse(full)])) : undefined),
}

/** To whom a session has shown itself directly (RFC 6121 §4.6), by full address. */
const directed = sessionKey<Map<string, Jid>>('presence.directed', addressesCodec)
/** When the last presence was broadcast, in milliseconds since the epoch. */
const shownAt = sessionKey<number>('presence.shown_at', jsonNote(isNumber))

/** Who is told of whose presence (RFC 6121 §4). */
export class PresenceDesk implements PresenceApi {
  readonly #host: Host
  readonly #rosters: RosterApi
  readonly #maxDirected: number
  readonly #limitReached: LimitReached

  /** `maxDirected`: addresses that one session may show itself to directly. */
  constructor(host: Host, rosters: RosterApi, maxDirected: number, limitReached: LimitReached) {
    this.#host = host
    this.#rosters = rosters
    this.#maxDirected = maxDirected
    this.#limitReached = limitReached
  }

  /** A client's available presence without address. */
  available(session: Session, stanza: Stanza): Eventually<'handled'> {
    const priority = priorityOf(stanza)
    return afterwards(this.#rosters.load(session.jid.bare), (roster) => {
      // Whoever has left meanwhile must not be seen to come.
      if (session.isEnded) return 'handled' as const
      const isFirst = session.presence === undefined
      const opens = priority >= 0 && !session.takesMessages
      session.presence = stanza
      session.set(shownAt, this.#host.clock.now())
      const announced = opens ? this.#open(session, priority) : undefined
      return afterwards(announced, () => {
        if (session.isEnded) return 'handled' as const
        session.priority = priority
        if (isFirst) this.#introduce(session, roster)
        else this.#broadcast(session, stanza, roster)
        void this.#host.hooks.run(presenceShown, { session, stanza })
        return 'handled' as const
      })
    })
  }

  /** A client's unavailable presence without address: whoever saw it available is told. */
  unavailable(session: Session, stanza: Stanza): Eventually<'handled'> {
    return afterwards(this.#leave(session, stanza, stanza), () => 'handled' as const)
  }

  /**
   * The server has been started since the client was last there: nobody has told it who has left with the old process, and who is
   * there is told anew.
   */
  async restored(session: Session): Promise<void> {
    if (session.presence === undefined) return
    const roster = await this.#rosters.load(session.jid.bare)
    if (session.isEnded) return
    for (const contact of roster.watched) {
      const isGone = this.#host.router.hostOf(contact.domain)?.sessions.of(contact).length === 0
      if (isGone) session.post(Stanza.make('presence', { type: 'unavailable', from: contact.bare, to: session.jid }))
      else this.#probe(session, contact)
    }
  }

  /** The end of a session speaks for a client that left without a word. */
  ended(session: Session, status: string | undefined): Eventually<undefined> {
    if (session.presence === undefined && session.get(directed) === undefined) return undefined
    const children = status === undefined ? [] : [el('status', NS.client, status)]
    return this.#leave(
      session,
      Stanza.make('presence', { type: 'unavailable', from: session.jid }, ...children),
      undefined,
    )
  }

  /** Remembers to whom presence was sent directly, so that its end can be told. */
  noteDirected(session: Session, stanza: Stanza): undefined {
    const { to, type } = stanza
    if (to === undefined) return undefined
    const known = session.get(directed)
    if (type === '' || type === 'available') {
      const targets = known ?? new Map<string, Jid>()
      if (targets.size >= this.#maxDirected && !targets.has(to.full)) {
        this.#limitReached('directed_presence', { jid: session.jid.full })
        throw new StanzaError('resource-constraint', { text: 'Presence was sent to too many addresses' })
      }
      targets.set(to.full, to)
      session.set(directed, targets)
    } else if (type === 'unavailable' && known?.delete(to.full) === true) session.set(directed, known)
    return undefined
  }

  directedBy(session: Session): readonly Jid[] {
    return [...(session.get(directed)?.values() ?? [])]
  }

  /** Answers a probe for an account (RFC 6121 §4.3.2). */
  answerProbe(account: Jid, probe: Stanza): Eventually<'handled'> {
    const asker = probe.from
    if (asker === undefined) return 'handled'
    return afterwards(this.#rosters.load(account), (roster) => {
      if (asker.bareString === account.bareString || roster.stateOf(asker).from) this.#showTo(account, asker, true)
      else this.#answerStranger(account, asker)
      return 'handled' as const
    })
  }

  /** A contact has gained or lost the right to see the user. */
  subscriptionChanged({ account, contact, before, after }: RosterChanged): undefined {
    if (before.from === after.from) return undefined
    for (const session of this.#host.sessions.of(account)) {
      if (session.presence === undefined) continue
      const shown = after.from ? session.presence : Stanza.make('presence', { type: 'unavailable', from: session.jid })
      this.#send(session, shown, contact)
    }
    return undefined
  }

  /** `farewell`: what the client itself said. */
  #leave(session: Session, stanza: Stanza, farewell: Stanza | undefined): Eventually<undefined> {
    const wasShown = session.presence !== undefined
    session.presence = undefined
    session.priority = undefined
    if (wasShown) void this.#host.hooks.run(presenceWithdrawn, { session, farewell })
    return afterwards(this.#rosters.load(session.jid.bare), (roster) => {
      this.#withdraw(session, stanza, wasShown ? roster : undefined)
      return undefined
    })
  }

  async #open(session: Session, priority: number): Promise<void> {
    const open = () => {
      session.priority = priority
    }
    await this.#host.hooks.run(sessionAvailable, { session, open })
  }

  /** First presence: see the others, be seen by them, be asked what is still open. */
  #introduce(session: Session, roster: Roster): void {
    const self = session.jid.bare
    for (const contact of roster.watched) this.#probe(session, contact)
    for (const other of this.#host.sessions.of(self)) {
      if (other !== session && other.presence !== undefined) this.#send(other, other.presence, session.jid)
    }
    this.#broadcast(session, session.presence as Stanza, roster)
    for (const item of roster.items.values()) {
      if (!item.state.pendingIn) continue
      const head = { type: 'subscribe', from: item.jid, to: self, id: item.request?.attr('id') }
      session.post(Stanza.make('presence', head, ...(item.request?.elements() ?? [])))
    }
  }

  #broadcast(session: Session, stanza: Stanza, roster: Roster): void {
    this.#send(session, stanza, session.jid.bare)
    for (const watcher of roster.watchers) this.#send(session, stanza, watcher)
  }

  #withdraw(session: Session, stanza: Stanza, roster: Roster | undefined): void {
    const told = new Set<string>()
    const tell = (to: Jid) => {
      if (told.has(to.full)) return
      told.add(to.full)
      this.#send(session, stanza, to)
    }
    if (roster !== undefined) {
      tell(session.jid.bare)
      for (const watcher of roster.watchers) tell(watcher)
    }
    for (const target of session.get(directed)?.values() ?? []) tell(target)
    session.set(directed, undefined)
  }

  /**
   * Asks for a contact's presence. A contact of this server who is offline is not reported as such:
   * a client takes a contact to be offline until it hears otherwise.
   */
  #probe(session: Session, contact: Jid): void {
    const host = this.#host.router.hostOf(contact.domain)
    if (host !== undefined && host.sessions.of(contact).length === 0) return
    this.#send(session, Stanza.make('presence', { type: 'probe' }), contact.bare)
  }

  /** Shows all sessions of an account to somebody who may see them. */
  #showTo(account: Jid, asker: Jid, withDelay: boolean): void {
    const shown = this.#host.sessions.of(account).filter((session) => session.presence !== undefined)
    for (const session of shown) {
      if (session.jid.full === asker.full) continue
      const presence = session.presence as Stanza
      const since = session.get(shownAt)
      const stamped =
        withDelay && since !== undefined ? presence.append(delayElement(session.jid.full, since)) : presence
      this.#send(session, stamped, asker)
    }
    const isOwn = asker.bareString === account.bareString
    if (shown.length === 0 && !isOwn)
      this.#host.router.post(Stanza.make('presence', { type: 'unavailable', from: account, to: asker }))
  }

  #answerStranger(account: Jid, asker: Jid): void {
    const sessions = this.#host.sessions.of(account)
    const visible = sessions.filter(
      (session) => session.get(directed)?.has(asker.full) || session.get(directed)?.has(asker.bareString),
    )
    for (const session of visible) this.#send(session, Stanza.make('presence', {}), asker)
    // A remote server's roster is out of step with ours: say so (RFC 6121 §4.3.2). Local rosters are kept in step.
    if (visible.length === 0 && this.#host.router.hostOf(asker.domain) === undefined) {
      this.#host.router.post(Stanza.make('presence', { type: 'unsubscribed', from: account, to: asker }))
    }
  }

  /** Sends presence of a session on its way, unless somebody keeps it back. */
  #send(session: Session, presence: Stanza, to: Jid): void {
    const { hooks, router } = this.#host
    const stanza = presence.readdressed(session.jid, to)
    if (!hooks.has(presenceLeaves)) {
      router.post(stanza)
      return
    }
    letRun(
      () =>
        afterwards(hooks.run(presenceLeaves, { session, stanza }), (outcome) => {
          if (outcome === undefined) router.post(stanza)
        }),
      // The handler that failed has been logged; what cannot be judged is not sent.
      () => {},
    )
  }
}
