import { Jid } from '../../jid/jid.ts'
import type { LimitReached } from '../../observe/limits.ts'
import type { ExportedPart } from '../../router/events.ts'
import type { Session } from '../../router/session.ts'
import { delayElement, parseTimestamp } from '../../stanza/delay.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { ownTicket, type Ticket } from '../../stanza/ticket.ts'
import type { Clock } from '../../util/clock.ts'
import { Lru } from '../../util/lru.ts'
import { KeyedMailbox } from '../../util/mailbox.ts'
import type { Eventually } from '../../util/settled.ts'
import type { Element } from '../../xml/element.ts'
import { expiresAt } from './criteria.ts'
import { elementOf, waiting } from './portable.ts'
import type { Messages, NewMessage, StoredMessage } from './store.ts'

const fullText = 'Your contact offline message queue is full. The message has been discarded.'
/** Accounts whose number of messages is remembered by a node that alone stores and delivers them. */
export const rememberedCounts = 10_000
/** Messages delivered at a time. */
const atOnce = 50

/** What a queue is made with. */
export interface OfflineQueueParts {
  readonly store: Messages
  readonly clock: Clock
  readonly limitReached: LimitReached
  /** Most messages of an account. */
  limitOf(account: Jid): number
  /** For how many accounts it is remembered how many messages they have. */
  readonly remembered: number
  /** A message is on disk. */
  onStored?(account: Jid): void
}

/** The messages of users who are away: storing and delivering of one user happen one after the other. */
export class OfflineQueue {
  readonly #store: Messages
  readonly #clock: Clock
  readonly #limitOf: (account: Jid) => number
  readonly #limitReached: LimitReached
  readonly #mailbox = new KeyedMailbox()
  /** Messages stored, for accounts asked about lately. */
  readonly #counts: Lru<string, number>
  readonly #onStored: ((account: Jid) => void) | undefined

  constructor({ store, clock, limitReached, limitOf, remembered, onStored }: OfflineQueueParts) {
    this.#store = store
    this.#clock = clock
    this.#limitOf = limitOf
    this.#limitReached = limitReached
    this.#counts = new Lru(remembered)
    this.#onStored = onStored
  }

  /**
   * Takes a message; whoever waits for it is told when it is on disk. `present`: who takes messages by the time it is its turn,
   * as a session may have come meanwhile; then the message goes there. Throws StanzaError `resource-constraint` when the queue is
   * full.
   */
  put(account: Jid, stanza: Stanza, present: () => readonly Session[]): Eventually<void> {
    const key = account.bareString
    return this.#mailbox.run(key, () => {
      const sessions = present()
      if (sessions.length > 0) return deliverToAll(sessions, stanza)
      const known = this.#counts.get(key)
      if (known !== undefined) return stanza.causes(this.#add(account, this.#message(stanza), known))
      return this.#store.count(account).then((count) => stanza.causes(this.#add(account, this.#message(stanza), count)))
    })
  }

  /** Stores a message from another server, unless it is there already; resolves when it is on disk. */
  async import(account: Jid, stanza: Stanza): Promise<void> {
    const message = this.#message(stanza)
    await this.#mailbox.run(account.bareString, async () => {
      const known = await this.#store.sentAt(account, message.sentAt)
      if (known.some(({ bytes }) => bytes.equals(message.bytes))) return
      await this.#add(account, message, await this.#store.count(account))
    })
  }

  /** The messages of a user as they stand in a document of XEP-0227; undefined when there are none. */
  async exported(user: Jid): Promise<ExportedPart | undefined> {
    if ((await this.#store.count(user)) === 0) return undefined
    return { container: waiting, elements: this.#elements(user) }
  }

  async *#elements(user: Jid): AsyncGenerator<Element> {
    let last = 0
    for (let part = await this.#store.list(user, atOnce); part.length > 0; ) {
      for (const message of part) if (!this.#isExpired(message)) yield elementOf(message, user.domain)
      last = part.at(-1)?.id ?? last
      part = await this.#store.list(user, atOnce, last)
    }
  }

  /** Settles when it is on disk. */
  #add(account: Jid, message: NewMessage, count: number): Promise<void> {
    const key = account.bareString
    if (count >= this.#limitOf(account)) {
      this.#limitReached('offline', { jid: key })
      throw new StanzaError('resource-constraint', { text: fullText })
    }
    this.#counts.set(key, count + 1)
    const write = this.#store.add(account, message)
    const onStored = this.#onStored
    if (onStored !== undefined)
      write.then(
        () => onStored(account),
        // Whoever waits for the write is told.
        () => {},
      )
    // What was refused is not there; how many are is asked for again.
    write.catch(() => this.#counts.delete(key))
    return write
  }

  #isExpired({ expiresAt }: StoredMessage): boolean {
    return expiresAt !== undefined && expiresAt <= this.#clock.now()
  }

  /**
   * Delivers what is stored to a session, then opens it for new ones: a part at a time, as fast as its client reads, and what
   * comes in between joins the rest. What has been delivered is deleted after that: a crash between the two shows a message
   * twice, never not at all.
   */
  async deliverTo(session: Session, open: () => void): Promise<void> {
    while (!session.isEnded && !(await this.#deliverPart(session, open))) await session.link.whenRead()
  }

  /** True when nothing is left and the session is open, or over. */
  async #deliverPart(session: Session, open: () => void): Promise<boolean> {
    const account = session.jid.bare
    return this.#mailbox.run(account.bareString, async () => {
      const messages = this.#counts.get(account.bareString) === 0 ? [] : await this.#store.list(account, atOnce)
      await this.#deliverAll(session, messages)
      // Who has left meanwhile may not have got it all: it stays for the next time.
      if (session.isEnded) return true
      const isLast = messages.length < atOnce
      if (isLast) open()
      await this.#removeAll(account, messages, isLast)
      return isLast
    })
  }

  /** Settles when the session has them safely, or is over. */
  async #deliverAll(session: Session, messages: readonly StoredMessage[]): Promise<void> {
    if (messages.length === 0) return
    const { ticket, settled } = ownTicket()
    for (const message of messages) if (!session.isEnded) await this.#deliver(session, message, ticket)
    ticket.handled()
    await settled
  }

  async #removeAll(account: Jid, messages: readonly StoredMessage[], wereLast: boolean): Promise<void> {
    const last = messages.at(-1)
    if (last !== undefined) await this.#store.removeThrough(account, last.id)
    if (wereLast) this.#counts.set(account.bareString, 0)
    else this.#counts.delete(account.bareString)
  }

  async forget(user: Jid): Promise<void> {
    await this.#mailbox.run(user.bareString, async () => {
      await this.#store.removeThrough(user, Number.MAX_SAFE_INTEGER)
      this.#counts.delete(user.bareString)
    })
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#store.removeDomain(domain)
    this.#counts.deleteWhere((account) => account.endsWith(`@${domain}`))
  }

  /** Messages have been deleted behind its back: how many are left is asked anew. */
  recount(): void {
    this.#counts.clear()
  }

  /** A delay that the message already carries says when it was sent; ours takes its place at delivery. */
  #message(stanza: Stanza): NewMessage {
    const stamp = stanza.child('delay', NS.delay)?.attr('stamp')
    const now = this.#clock.now()
    return {
      sender: stanza.from?.full ?? '',
      sentAt: (stamp === undefined ? undefined : parseTimestamp(stamp)) ?? now,
      expiresAt: expiresAt(stanza, now),
      notes: stanza.routedNotes,
      origin: stanza.origin,
      bytes: stanza.without((child) => child.name === 'delay' && child.ns === NS.delay).toBytes(),
    }
  }

  async #deliver(session: Session, message: StoredMessage, ticket: Ticket): Promise<void> {
    if (this.#isExpired(message)) return
    const stanza = Stanza.fromBytes(message.bytes, Jid.parse).withRoutedNotes(message.notes).under(ticket)
    await session.deliver(stanza.append(delayElement(session.jid.domain, message.sentAt, 'Offline Storage')))
  }
}

async function deliverToAll(sessions: readonly Session[], stanza: Stanza): Promise<void> {
  await Promise.allSettled(sessions.map(async (session) => session.deliver(stanza)))
}
