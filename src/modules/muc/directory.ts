import { pageOf, type RsmRequest, rsmElement } from '../../stanza/rsm.ts'
import type { DiscoItem, DiscoItemsPage } from '../disco/api.ts'

/** What the list of rooms says of one. */
export interface Listing {
  readonly title: string
  readonly isPublic: boolean
  readonly isStored: boolean
}

/** How a room that is awake is listed for somebody. */
export type ListedAs = (name: string) => { readonly label: string } | 'hidden' | undefined

/** Every room of one service by name, stored ones and those that are only in memory. */
export class RoomDirectory {
  readonly #rooms = new Map<string, Listing>()
  #sorted: readonly string[] | undefined

  get size(): number {
    return this.#rooms.size
  }

  has(name: string): boolean {
    return this.#rooms.has(name)
  }

  isStored(name: string): boolean {
    return this.#rooms.get(name)?.isStored === true
  }

  set(name: string, listing: Listing): void {
    if (!this.#rooms.has(name)) this.#sorted = undefined
    this.#rooms.set(name, listing)
  }

  delete(name: string): void {
    if (this.#rooms.delete(name)) this.#sorted = undefined
  }

  /** All names, sorted. */
  get names(): readonly string[] {
    this.#sorted ??= [...this.#rooms.keys()].sort((a, b) => (a < b ? -1 : 1))
    return this.#sorted
  }

  /** The part of the list that somebody has asked for; who may not know of a room does not find it there. */
  page(service: string, request: RsmRequest | undefined, listedAs: ListedAs): readonly DiscoItem[] | DiscoItemsPage {
    const page = request === undefined ? { items: this.names } : pageOf(this.names, (name) => name, request)
    const items = page.items.flatMap((name): DiscoItem[] => {
      const label = this.#label(name, listedAs)
      return label === undefined ? [] : [{ jid: `${name}@${service}`, name: label }]
    })
    return request === undefined ? items : { items, set: rsmElement(page) }
  }

  #label(name: string, listedAs: ListedAs): string | undefined {
    const awake = listedAs(name)
    if (awake !== undefined) return awake === 'hidden' ? undefined : awake.label
    const { isPublic = false, title = '' } = this.#rooms.get(name) ?? {}
    if (!isPublic) return undefined
    return title === '' ? name : title
  }
}
