import { Jid } from '../../jid/jid.ts'
import type { AccountReceives } from '../../router/events.ts'
import type { Session } from '../../router/session.ts'
import { NS } from '../../stanza/namespaces.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import { el } from '../../xml/element.ts'
import type { PrivacyBook, Verdict } from './book.ts'
import { activeOf, type PrivacyBooks } from './books.ts'
import { isOwn, type Reach, type View } from './reach.ts'
import { kindOfIncoming, kindOfOutgoing, stanzaKind } from './stanza-kind.ts'

const carbonsNs = 'urn:xmpp:carbons:2'
const forwardNs = 'urn:xmpp:forward:0'
const blocked = el('blocked', 'urn:xmpp:blocking:errors')

/** Told of what has been judged. */
export interface GuardCounts {
  judged(verdict: Verdict): void
}

type Outcome = Eventually<'handled' | undefined>

/** Lets stanzas through or keeps them back, on their way out of and into accounts and sessions. */
export class Guard {
  readonly #books: PrivacyBooks
  readonly #reach: Reach
  readonly #counts: GuardCounts

  constructor(books: PrivacyBooks, reach: Reach, counts: GuardCounts) {
    this.#books = books
    this.#reach = reach
    this.#counts = counts
  }

  /** What a client sends: refused when it may not go. Throws, or rejects with, StanzaError. */
  sends(session: Session, stanza: Stanza): Eventually<undefined> {
    const { to } = stanza
    if (to === undefined || this.#books.isOpen(session) || isOwn(session.jid, to)) return undefined
    return afterwards(this.#forSession(session, kindOfOutgoing(stanza), to), (verdict) => {
      if (verdict === 'allow') return undefined
      throw new StanzaError('not-acceptable', { type: 'cancel', ...(verdict === 'block' ? { app: blocked } : {}) })
    })
  }

  /** Presence that goes out by itself. */
  shows(session: Session, stanza: Stanza): Outcome {
    const { to } = stanza
    if (to === undefined || this.#books.isOpen(session) || isOwn(session.jid, to)) return undefined
    return afterwards(this.#forSession(session, kindOfOutgoing(stanza), to), kept)
  }

  /** A message or an IQ for an account: refused when none of those who are to have it want it. Throws, or rejects with, StanzaError. */
  arrives({ account, stanza, targets }: AccountReceives): Outcome {
    const [target] = targets
    if (target !== undefined && this.#books.isOpen(target)) return undefined
    const kind = kindOfIncoming(stanza)
    if (kind === undefined) return undefined
    return afterwards(this.#forAccount(account, stanza, kind, targets), (verdict) => {
      if (verdict === 'allow') return undefined
      // Rooms are told nothing, or they would take the occupant for gone.
      if (stanza.type === 'groupchat') return 'handled' as const
      throw new StanzaError('service-unavailable')
    })
  }

  /** Subscription requests, their answers and probes, which the account answers. */
  presenceArrives({ host, account, stanza }: AccountReceives): Outcome {
    const kind = stanza.type === 'probe' ? stanzaKind.presenceOut : kindOfIncoming(stanza)
    // Notifications are the business of the sessions.
    if (kind === undefined || kind === stanzaKind.presenceIn) return undefined
    return afterwards(this.#forAccount(account, stanza, kind, host.sessions.of(account)), kept)
  }

  /** Anything for one session; its sender is told nothing. */
  delivers(session: Session, stanza: Stanza): Outcome {
    const { from } = stanza
    if (from === undefined || this.#books.isOpen(session)) return undefined
    if (isOwn(session.jid, from))
      return stanza.has('received', carbonsNs) ? this.#deliversCarbon(session, stanza) : undefined
    const kind = kindOfIncoming(stanza)
    return kind === undefined ? undefined : afterwards(this.#forSession(session, kind, from), kept)
  }

  /** A copy of what another session has got is judged as the message itself would be. */
  #deliversCarbon(session: Session, stanza: Stanza): Outcome {
    const copy = stanza.child('received', carbonsNs)?.child('forwarded', forwardNs)?.child('message', NS.client)
    const from = copy === undefined || copy.attr('type') === 'error' ? undefined : Jid.tryParse(copy.attr('from') ?? '')
    if (from === undefined || isOwn(session.jid, from)) return undefined
    return afterwards(this.#forSession(session, stanzaKind.message, from), kept)
  }

  #forSession(session: Session, kind: number, peer: Jid): Eventually<Verdict> {
    return afterwards(this.#books.ofSession(session), (book) =>
      book.isEmpty ? 'allow' : this.#judge(session.jid, [viewOf(book, session)], kind, peer),
    )
  }

  #forAccount(account: Jid, { from }: Stanza, kind: number, sessions: readonly Session[]): Eventually<Verdict> {
    if (from === undefined || isOwn(account, from)) return 'allow'
    return afterwards(this.#books.of(account), (book) => {
      if (book.isEmpty) return 'allow'
      // For nobody in particular the default list applies (XEP-0016 §2.2).
      const readers = sessions.length === 0 ? [undefined] : sessions
      const views = readers.map((session) => viewOf(book, session))
      return this.#judge(account, views, kind, from)
    })
  }

  #judge(account: Jid, views: readonly View[], kind: number, peer: Jid): Eventually<Verdict> {
    return afterwards(this.#reach.judge(account, views, kind, peer), (verdict) => {
      this.#counts.judged(verdict)
      return verdict
    })
  }
}

function viewOf(book: PrivacyBook, session: Session | undefined): View {
  return { book, active: session === undefined ? undefined : activeOf(session) }
}

function kept(verdict: Verdict): 'handled' | undefined {
  return verdict === 'allow' ? undefined : 'handled'
}
