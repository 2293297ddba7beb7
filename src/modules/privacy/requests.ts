import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import type { Session } from '../../router/session.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { randomId } from '../../util/random-id.ts'
import { type Element, el } from '../../xml/element.ts'
import type { Blocks } from './blocks.ts'
import { blockListName, type PrivacyBook } from './book.ts'
import { activeOf, type BookChange, type PrivacyBooks } from './books.ts'
import { type ListRequest, listElement, privacyNs, readList, readRequest } from './format.ts'
import { blockedIn, mustBeName } from './list-rules.ts'
import type { PrivacyList } from './privacy-list.ts'
import type { PrivacyStore } from './store.ts'

/** Told of what clients ask for. */
export interface RequestCounts {
  activeSet(): void
  defaultSet(): void
  pushed(): void
}

export interface RequestParts {
  readonly host: Host
  readonly books: PrivacyBooks
  readonly store: PrivacyStore
  readonly blocks: Blocks
  readonly counts: RequestCounts
}

/** Answers clients about their lists (XEP-0016 §2.3 to §2.8). */
export class PrivacyRequests {
  readonly #parts: RequestParts

  constructor(parts: RequestParts) {
    this.#parts = parts
  }

  async get(account: Jid, query: Element, session: Session | undefined): Promise<Element> {
    const request = readRequest(query)
    const book = await this.#parts.books.of(account)
    if (request === undefined) return overview(book, session === undefined ? undefined : activeOf(session))
    if (request.what !== 'list') throw new StanzaError('bad-request')
    const { name = '' } = request
    const list = book.get(name)
    if (list === undefined) throw new StanzaError('item-not-found')
    return el('query', privacyNs, listElement(name, list))
  }

  async set(account: Jid, query: Element, session: Session | undefined): Promise<void> {
    const request = readRequest(query)
    if (request === undefined || session === undefined) throw new StanzaError('bad-request')
    const { counts, books } = this.#parts
    if (request.what === 'active') {
      await books.activate(session, request.name)
      counts.activeSet()
    } else if (request.what === 'default') {
      await this.#setDefault(account, request.name, session)
      counts.defaultSet()
    } else await this.#setList(account, request, session)
  }

  #setDefault(account: Jid, name: string | undefined, session: Session): Promise<void> {
    const { store, books } = this.#parts
    return books.change(account, (book) => {
      if (name !== undefined && !book.has(name)) throw new StanzaError('item-not-found')
      if (name === book.defaultName) return undefined
      // XEP-0016 §2.5: not under the hands of another session to which it applies.
      if (book.defaultName !== undefined) this.#mustBeFree(session, undefined)
      return {
        book: book.withDefault(name),
        write: () => (name === undefined ? store.dropDefault(account) : store.setDefault(account, name)),
      }
    })
  }

  async #setList(account: Jid, { name = '', element }: ListRequest, session: Session): Promise<void> {
    const { books, blocks } = this.#parts
    const isRemoval = element.elements().length === 0
    const list = readList(element)
    if (name === blockListName) {
      if (isRemoval && !(await books.of(account)).has(name)) throw new StanzaError('item-not-found')
      await blocks.replace(account, isRemoval ? [] : blockedIn(list))
    } else {
      await books.change(account, (book) =>
        isRemoval ? this.#removal(account, book, name, session) : this.#writing(account, book, name, list),
      )
    }
    this.#push(account, name)
  }

  #writing(account: Jid, book: PrivacyBook, name: string, list: PrivacyList): BookChange {
    mustBeName(name)
    const { store } = this.#parts
    return { book: book.withList(name, list), write: () => store.saveList(account, name, list) }
  }

  #removal(account: Jid, book: PrivacyBook, name: string, session: Session): BookChange {
    const { store } = this.#parts
    if (!book.has(name)) throw new StanzaError('item-not-found')
    if (name === book.defaultName) throw new StanzaError('conflict')
    this.#mustBeFree(session, name)
    return { book: book.withList(name, undefined), write: () => store.removeList(account, name) }
  }

  /** Throws `conflict` when another session of the account has made this list active, or none and so uses the default one. */
  #mustBeFree(session: Session, active: string | undefined): void {
    const others = session.host.sessions.of(session.jid).filter((other) => other !== session)
    if (others.some((other) => activeOf(other) === active)) throw new StanzaError('conflict')
  }

  /** Tells the sessions that have sent presence that a list has changed (XEP-0016 §2.6). */
  #push(account: Jid, name: string): void {
    const { host, counts } = this.#parts
    const query = el('query', privacyNs, listElement(name))
    for (const session of host.sessions.of(account)) {
      if (session.presence === undefined) continue
      const head = { type: 'set', id: `push${randomId(6)}`, from: account.bare, to: session.jid }
      session.post(Stanza.make('iq', head, query))
      counts.pushed()
    }
  }
}

function overview(book: PrivacyBook, active: string | undefined): Element {
  return el('query', privacyNs, [
    active === undefined ? undefined : el('active', privacyNs, { name: active }),
    book.defaultName === undefined ? undefined : el('default', privacyNs, { name: book.defaultName }),
    ...book.names.map((name) => listElement(name)),
  ])
}
