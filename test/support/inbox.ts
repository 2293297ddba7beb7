import type { XmlNode } from './xml.ts'

/** One thing that came from the server, in the order of arrival. */
export type Item =
  | { readonly kind: 'header'; readonly header: XmlNode }
  | { readonly kind: 'element'; readonly element: XmlNode }
  | { readonly kind: 'end' }
  | { readonly kind: 'closed'; readonly code?: number }
  | { readonly kind: 'broken'; readonly error: Error }

/** How long one thing may take to arrive, in ms. It bounds a failing run; no story passes because of it. */
export const patience = Number(process.env.STORY_PATIENCE ?? 5000)

/** What was received and not yet looked at. */
export class Inbox {
  readonly #items: Item[] = []
  readonly #waiting = new Set<() => void>()
  #patience = patience

  get items(): readonly Item[] {
    return this.#items
  }

  /** Ends waits after `ms`; used where a story is known to fail and the wait would only cost time. */
  hurry(ms: number): void {
    this.#patience = ms
  }

  add(item: Item): void {
    this.#items.push(item)
    for (const wake of [...this.#waiting]) wake()
  }

  /** The first item, once there is one; `undefined` when time is up. */
  next(): Promise<Item | undefined> {
    return this.take(() => true)
  }

  /** Takes the first item that `isWanted`, wherever it stands, once there is one; `undefined` when time is up. */
  take(isWanted: (item: Item) => boolean): Promise<Item | undefined> {
    return new Promise((resolve) => {
      const look = (): void => {
        const index = this.#items.findIndex(isWanted)
        if (index >= 0) finish(this.#items.splice(index, 1)[0])
      }
      const finish = (item: Item | undefined): void => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve(item)
      }
      const timer = setTimeout(() => finish(undefined), this.#patience)
      this.#waiting.add(look)
      look()
    })
  }

  /** Takes the first item only when it `isWanted` and is here already. */
  takeNow(isWanted: (item: Item) => boolean): Item | undefined {
    const index = this.#items.findIndex(isWanted)
    return index < 0 ? undefined : this.#items.splice(index, 1)[0]
  }
}

export function describeItem(item: Item): string {
  if (item.kind === 'element') return item.element.toString()
  if (item.kind === 'header') return item.header.toString()
  if (item.kind === 'broken') return `unreadable XML: ${item.error.message}`
  return item.kind === 'end' ? 'the end of the stream' : 'the end of the connection'
}
