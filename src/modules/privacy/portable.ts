import { Jid } from '../../jid/jid.ts'
import type { ExportedPart, Imported, ImportedElement } from '../../router/events.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import type { Blocks } from './blocks.ts'
import { blockListName, type PrivacyBook } from './book.ts'
import type { PrivacyBooks } from './books.ts'
import { listElement, privacyNs, readList } from './format.ts'
import { blockedIn, mustBeName } from './list-rules.ts'
import type { PrivacyStore } from './store.ts'

/** The lists of a user as they stand in a document of XEP-0227; those whom the user has blocked are one of them. */
export function privacyPart(book: PrivacyBook): ExportedPart | undefined {
  if (book.names.length === 0) return undefined
  const { defaultName } = book
  const standard = defaultName === undefined ? [] : [el('default', privacyNs, { name: defaultName })]
  return {
    elements: [el('query', privacyNs, [...standard, ...book.names.map((name) => listElement(name, book.get(name)))])],
  }
}

interface Parts {
  readonly books: PrivacyBooks
  readonly store: PrivacyStore
  readonly blocks: Blocks
}

/** Takes the lists of a user from a document. Lists that the user has already stay as they are. */
export async function importLists(
  { books, store, blocks }: Parts,
  { user, element, isDryRun }: ImportedElement,
): Promise<Imported | undefined> {
  if (!element.is('query', privacyNs)) return undefined
  const elements = element.childrenNamed('list')
  const lists = elements.map((each) => [mustBeName(each.attr('name') ?? ''), readList(each)] as const)
  const blocked = lists.filter(([name]) => name === blockListName).flatMap(([, list]) => blockedIn(list))
  const count = elements.length
  const taken = { kind: 'privacy lists', count }
  if (isDryRun) return taken
  for (const [name, list] of lists) {
    if (name === blockListName) continue
    await books.change(user, (book) => {
      if (book.has(name)) return undefined
      return { book: book.withList(name, list), write: () => store.saveList(user, name, list) }
    })
  }
  await blocks.block(user, blocked.map(Jid.parse))
  await importDefault(element, { books, store, user })
  return taken
}

async function importDefault(
  element: Element,
  { books, store, user }: Omit<Parts, 'blocks'> & { readonly user: Jid },
): Promise<void> {
  const name = element.child('default', privacyNs)?.attr('name')
  if (name === undefined) return
  await books.change(user, (book) => {
    if (book.defaultName !== undefined) return undefined
    if (!book.has(name)) throw new StanzaError('item-not-found', { text: `the default list ${name} is not there` })
    return { book: book.withDefault(name), write: () => store.setDefault(user, name) }
  })
}
