import { type SharedMemory, shareMemory } from '../../cluster/shared-memory.ts'
import { Jid } from '../../jid/jid.ts'
import type { LimitReached } from '../../observe/limits.ts'
import type { Host } from '../../router/host.ts'
import { sessionKey } from '../../router/keys.ts'
import type { Session } from '../../router/session.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { jsonNote } from '../../stanza/stanza-key.ts'
import { Lru } from '../../util/lru.ts'
import { KeyedMailbox } from '../../util/mailbox.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import type { PrivacyBook } from './book.ts'
import type { Reach, View } from './reach.ts'
import type { PrivacyStore } from './store.ts'

/** Books kept in memory for accounts that are not there; those of sessions stay with them. */
const keptBooks = 20_000
/** As above, of large ones. */
const keptLargeBooks = 200
/** Rules and blocks from which on a book is large. */
const large = 100

/** The book of the account, with each of its sessions: whoever is there is never looked up. */
const bookKey = sessionKey<PrivacyBook>('privacy.book')
/** The name of the list that a session has made active; it is so still when the session is resumed. */
const activeKey = sessionKey<string>(
  'privacy.active',
  jsonNote((json): json is string => typeof json === 'string'),
)

/** The list that a session has made active. */
export function activeOf(session: Session): string | undefined {
  return session.get(activeKey)
}

/** A book to be, and how it is written. */
export interface BookChange {
  readonly book: PrivacyBook
  write(): Promise<void>
}

/** What the options say. */
export interface BookLimits {
  readonly max_lists: number
  readonly max_items: number
}

/** What those limits are, and who is told when one is met. */
export interface BookLimiting {
  readonly limits: BookLimits
  readonly limitReached: LimitReached
}

/** Reads and changes books: changes of one account one after another, on disk before they are in effect, in effect for all at once. */
export class PrivacyBooks {
  readonly #host: Host
  readonly #store: PrivacyStore
  readonly #reach: Reach
  readonly #limiting: BookLimiting
  readonly #mailbox = new KeyedMailbox()
  readonly #cache = new Lru<string, PrivacyBook>(keptBooks)
  readonly #largeOnes = new Lru<string, PrivacyBook>(keptLargeBooks)
  readonly #shared: SharedMemory

  constructor(host: Host, store: PrivacyStore, reach: Reach, limiting: BookLimiting) {
    this.#host = host
    this.#store = store
    this.#reach = reach
    this.#limiting = limiting
    this.#shared = shareMemory(host.cluster, `privacy.${host.type}`, {
      // What is being read may be old.
      forget: (key) =>
        this.#mailbox.run(key, () => this.#drop((account) => account === key, host.sessions.of(Jid.parse(key)))),
      forgetWhere: (fits) => this.#drop(fits, host.sessions.all()),
    })
  }

  /** Other nodes need not tell it any more. */
  end(): void {
    this.#shared.end()
  }

  /** The book of an account; there at once when somebody of it is there, or it was asked for lately. */
  of(account: Jid): Eventually<PrivacyBook> {
    const [session] = this.#host.sessions.of(account)
    if (session !== undefined) return this.ofSession(session)
    return this.#mailbox.run(account.bareString, () => this.#read(account))
  }

  /** As {@link of}, for a session. */
  ofSession(session: Session): Eventually<PrivacyBook> {
    return session.get(bookKey) ?? this.pin(session)
  }

  /** Whether nothing can be kept back from this session: known at once for almost everybody. */
  isOpen(session: Session): boolean {
    return session.get(bookKey)?.isEmpty === true
  }

  /** Gives a session the book of its account, for as long as it lasts. */
  pin(session: Session): Eventually<PrivacyBook> {
    const { jid } = session
    return this.#mailbox.run(jid.bareString, () =>
      afterwards(this.#read(jid), (book) => {
        session.set(bookKey, book)
        return book
      }),
    )
  }

  /** Takes what this class keeps with sessions away from them. */
  unpinAll(): void {
    for (const session of this.#host.sessions.all()) {
      session.set(bookKey, undefined)
      session.set(activeKey, undefined)
    }
  }

  /**
   * Decides on a change with the book in hand and writes it; resolves when it is in effect and contacts see what they now
   * may. Throws StorageUnavailable while nothing can be stored, StanzaError `resource-constraint` for too much.
   */
  async change(account: Jid, decide: (book: PrivacyBook) => BookChange | undefined): Promise<void> {
    this.#store.mustAccept()
    const { before, after } = await this.#mailbox.run(account.bareString, () =>
      afterwards(this.#read(account), (book) => this.#apply(account, book, decide(book))),
    )
    if (before === after) return
    const told = this.#shared.changed(account.bareString)
    if (told !== undefined) await told
    for (const session of this.#host.sessions.of(account)) {
      const active = activeOf(session)
      await this.#reach.changed(session, { book: before, active }, { book: after, active })
    }
  }

  /** Makes a list active for a session, or none. Throws `item-not-found`. */
  async activate(session: Session, name: string | undefined): Promise<void> {
    const book = await this.ofSession(session)
    if (name !== undefined && !book.has(name)) throw new StanzaError('item-not-found')
    const before: View = { book, active: activeOf(session) }
    session.set(activeKey, name)
    await this.#reach.changed(session, before, { book, active: name })
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#store.forgetDomain(domain)
    this.#drop((account) => account.endsWith(`@${domain}`), this.#host.sessions.all())
    await this.#shared.changedDomain(domain)
  }

  async forget(account: Jid): Promise<void> {
    await this.#mailbox.run(account.bareString, async () => {
      await this.#store.forget(account)
      this.#cache.delete(account.bareString)
      this.#largeOnes.delete(account.bareString)
    })
    await this.#shared.changed(account.bareString)
  }

  /** Forgets books, those of these sessions too: who needs one reads it. */
  #drop(fits: (account: string) => boolean, sessions: Iterable<Session>): void {
    for (const cache of [this.#cache, this.#largeOnes]) cache.deleteWhere(fits)
    for (const session of sessions) if (fits(session.jid.bareString)) session.set(bookKey, undefined)
  }

  #read(account: Jid): Eventually<PrivacyBook> {
    const key = account.bareString
    const known = this.#cache.get(key) ?? this.#largeOnes.get(key)
    if (known !== undefined) return known
    return this.#store.load(account).then((book) => {
      this.#keep(account, book)
      return book
    })
  }

  async #apply(account: Jid, before: PrivacyBook, change: BookChange | undefined) {
    if (change === undefined) return { before, after: before }
    const after = change.book
    const grows = after.size > before.size || after.lists.size > before.lists.size
    const { limits, limitReached } = this.#limiting
    if (grows && (after.size > limits.max_items || after.lists.size > limits.max_lists)) {
      limitReached('privacy', { jid: account.bareString })
      throw new StanzaError('resource-constraint', { text: 'The lists are full' })
    }
    await change.write()
    this.#keep(account, after)
    return { before, after }
  }

  /** From here on it is in effect. */
  #keep(account: Jid, book: PrivacyBook): void {
    const key = account.bareString
    const isLarge = book.size > large
    ;(isLarge ? this.#largeOnes : this.#cache).set(key, book)
    ;(isLarge ? this.#cache : this.#largeOnes).delete(key)
    for (const session of this.#host.sessions.of(account)) session.set(bookKey, book)
  }
}
