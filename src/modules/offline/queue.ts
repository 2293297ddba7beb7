import { Jid } from '../../jid/jid.ts'
import type { Session } from '../../router/session.ts'
import { delayElement, parseTimestamp } from '../../stanza/delay.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Clock } from '../../util/clock.ts'
import { Lru } from '../../util/lru.ts'
import { KeyedMailbox } from '../../util/mailbox.ts'
import { expiresAt } from './criteria.ts'
import type { OfflineStore, StoredMessage } from './store.ts'

const fullText = 'Your contact offline message queue is full. The message has been discarded.'
const rememberedCounts = 10_000
/** Messages delivered at a time. */
const atOnce = 50

/** The messages of users who are away: storing and delivering of one user happen one after the other. */
export class OfflineQueue {
  readonly #store: OfflineStore
  readonly #clock: Clock
  readonly #limitOf: (account: Jid) => number
  readonly #mailbox = new KeyedMailbox()
  /** Messages stored, for accounts asked about lately. */
  readonly #counts = new Lru<string, number>(rememberedCounts)

  constructor(store: OfflineStore, clock: Clock, limitOf: (account: Jid) => number) {
    this.#store = store
    this.#clock = clock
    this.#limitOf = limitOf
  }

  /**
   * Stores a message; resolves when it is on disk. `present`: who takes messages by the time it is its turn, as a session
   * may have come meanwhile; then the message goes there. Throws StanzaError `resource-constraint` when the queue is full.
   */
  async put(account: Jid, stanza: Stanza, present: () => readonly Session[]): Promise<void> {
    await this.#mailbox.run(account.bareString, async () => {
      const sessions = present()
      if (sessions.length > 0) {
        await Promise.allSettled(sessions.map(async (session) => session.deliver(stanza)))
        return
      }
      const count = this.#counts.get(account.bareString) ?? (await this.#store.count(account))
      if (count >= this.#limitOf(account)) throw new StanzaError('resource-constraint', { text: fullText })
      await this.#store.add(account, this.#message(stanza))
      this.#counts.set(account.bareString, count + 1)
    })
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

  async #deliverAll(session: Session, messages: readonly StoredMessage[]): Promise<void> {
    for (const message of messages) if (!session.isEnded) await this.#deliver(session, message)
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

  /** A delay that the message already carries says when it was sent; ours takes its place at delivery. */
  #message(stanza: Stanza) {
    const stamp = stanza.child('delay', NS.delay)?.attr('stamp')
    const now = this.#clock.now()
    return {
      sender: stanza.from?.full ?? '',
      sentAt: (stamp === undefined ? undefined : parseTimestamp(stamp)) ?? now,
      expiresAt: expiresAt(stanza, now),
      bytes: stanza.without((child) => child.name === 'delay' && child.ns === NS.delay).toBytes(),
    }
  }

  async #deliver(session: Session, message: StoredMessage): Promise<void> {
    if (message.expiresAt !== undefined && message.expiresAt <= this.#clock.now()) return
    const stanza = Stanza.fromBytes(message.bytes, Jid.parse)
    await session.deliver(stanza.append(delayElement(session.jid.domain, message.sentAt, 'Offline Storage')))
  }
}
