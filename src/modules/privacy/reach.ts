import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import type { Session } from '../../router/session.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import type { PresenceApi } from '../presence/api.ts'
import type { Roster, RosterApi } from '../roster/api.ts'
import type { PrivacyBook, Verdict } from './book.ts'
import { type Contact, stranger } from './privacy-list.ts'
import { stanzaKind } from './stanza-kind.ts'

/** What is in effect for a session. */
export interface View {
  readonly book: PrivacyBook
  /** The list that the session has made active. */
  readonly active: string | undefined
}

/** Applies books to people: what the roster says of them, and what they are to see when a book changes. */
export class Reach {
  readonly #host: Host
  readonly #rosters: RosterApi
  readonly #presence: PresenceApi

  constructor(host: Host, rosters: RosterApi, presence: PresenceApi) {
    this.#host = host
    this.#rosters = rosters
    this.#presence = presence
  }

  /** Judges a stanza of a kind between an account and somebody: it passes if it does in one of the views. */
  judge(account: Jid, views: readonly View[], kind: number, peer: Jid): Eventually<Verdict> {
    const needsRoster = views.some(({ book, active }) => book.needsRoster(active))
    if (!needsRoster) return bestOf(views, kind, peer, undefined)
    return afterwards(this.#rosters.load(account.bare), (roster) => bestOf(views, kind, peer, roster))
  }

  /**
   * Another view is in effect for a session: contacts who may no longer see it are told that it is gone (XEP-0191 §3.2),
   * those who may again see what they would have seen. Whom it had shown itself to directly has to be shown it anew.
   */
  async changed(session: Session, before: View, after: View): Promise<void> {
    if (session.presence === undefined || session.isEnded) return
    const roster = await this.#rosters.load(session.jid.bare)
    const sees = (view: View, peer: Jid) => bestOf([view], stanzaKind.presenceOut, peer, roster) === 'allow'
    const contacts = new Map(roster.watchers.map((jid) => [jid.full, jid]))
    const directed = this.#presence.directedBy(session).map((jid) => [jid.full, jid] as const)
    for (const peer of new Map([...directed, ...contacts]).values()) {
      if (isOwn(session.jid, peer)) continue
      const [did, does] = [sees(before, peer), sees(after, peer)]
      if (did === does || (does && !contacts.has(peer.full))) continue
      this.#show(session, does ? session.presence : Stanza.make('presence', { type: 'unavailable' }), peer)
    }
  }

  #show(session: Session, presence: Stanza | undefined, to: Jid): void {
    if (presence !== undefined) this.#host.router.post(presence.readdressed(session.jid, to))
  }
}

/** An account's own clients, and its server, always reach it (XEP-0016 §2.1). */
export function isOwn(account: Jid, peer: Jid): boolean {
  if (peer.domain !== account.domain) return false
  return peer.local === '' ? peer.resource === '' : peer.local === account.local
}

function bestOf(views: readonly View[], kind: number, peer: Jid, roster: Roster | undefined): Verdict {
  const contactOf = (contact: Jid): Contact => roster?.contactOf(contact) ?? stranger
  let verdict: Verdict = 'allow'
  for (const { book, active } of views) {
    verdict = book.judge(active, kind, peer, contactOf)
    if (verdict === 'allow') return verdict
  }
  return verdict
}
