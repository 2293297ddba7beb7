import type { Jid } from '../../../jid/jid.ts'
import { KeyedMailbox } from '../../../util/mailbox.ts'
import { type Element, el } from '../../../xml/element.ts'
import { serialise } from '../../../xml/serialise.ts'
import type { PersonalItem, PersonalNodeChanged, PersonalNodesApi } from '../api.ts'
import { maxItemId } from '../tables.ts'

/** Bookmarks of XEP-0402: an item for each room. */
export const bookmarksNode = 'urn:xmpp:bookmarks:1'
/** Bookmarks of XEP-0048: one element with all of them, as private XML (XEP-0049) or as the one item of a node. */
export const storageNs = 'storage:bookmarks'

/** Features of an account whose bookmarks are the same whichever way a client asks for them. */
export const bookmarkFeatures = [`${bookmarksNode}#compat`, `${bookmarksNode}#compat-pep`]

/** Keeps the bookmarks of XEP-0402 and those of XEP-0048 in step. */
export class Bookmarks {
  readonly #nodes: PersonalNodesApi
  /** One change of an account after another. */
  readonly #lane = new KeyedMailbox('lane')

  constructor(nodes: PersonalNodesApi) {
    this.#nodes = nodes
  }

  /** What a client of private XML is shown: the rooms as they are, and what else it has stored. */
  async asStored(user: Jid, stored: Element | undefined): Promise<Element | undefined> {
    const items = await this.#nodes.items(user, bookmarksNode)
    // Nothing has been said the new way: what was stored is all there is.
    if (items.length === 0 && (await this.#nodes.last(user, storageNs)) === undefined) return undefined
    return storageOf(items, stored)
  }

  /** All bookmarks have been written in the old way. */
  async stored(user: Jid, storage: Element): Promise<void> {
    await this.#lane.run(user.full, async () => {
      await this.#spread(user, storage)
      await this.#collect(user, storage)
    })
  }

  /** A client has changed a node of its account. */
  async changed({ account, node, payload }: PersonalNodeChanged): Promise<void> {
    if (node === bookmarksNode) await this.#lane.run(account.full, () => this.#collect(account, undefined))
    else if (node === storageNs && payload?.is('storage', storageNs) === true)
      await this.#lane.run(account.full, () => this.#spread(account, payload))
  }

  /** Makes the items those of a list; what has not changed is left alone, so that nobody is told of it. */
  async #spread(user: Jid, storage: Element): Promise<void> {
    const before = new Map((await this.#nodes.items(user, bookmarksNode)).map((item) => [item.id, item]))
    const wanted = new Map<string, Element>()
    for (const conference of storage.childrenNamed('conference')) {
      const id = conference.attr('jid')
      if (id !== undefined && id !== '' && id.length <= maxItemId)
        wanted.set(id, itemOf(conference, before.get(id)?.payload))
    }
    for (const [id, payload] of wanted) {
      const known = before.get(id)
      if (known !== undefined && serialise(known.payload) === serialise(payload)) continue
      await this.#nodes.publish(user, bookmarksNode, { id, payload }, 'self')
    }
    for (const id of before.keys()) if (!wanted.has(id)) await this.#nodes.retract(user, bookmarksNode, id)
  }

  /** Makes the one item of the older node of all items. */
  async #collect(user: Jid, stored: Element | undefined): Promise<void> {
    const items = await this.#nodes.items(user, bookmarksNode)
    const before = await this.#nodes.last(user, storageNs)
    const storage = storageOf(items, stored ?? before?.payload)
    if (before !== undefined && serialise(before.payload) === serialise(storage)) return
    await this.#nodes.publish(user, storageNs, { id: 'current', payload: storage }, 'self')
  }
}

/** All bookmarks as one element; what is no room comes from what was there. */
function storageOf(items: readonly PersonalItem[], before: Element | undefined): Element {
  const others = before?.elements().filter((child) => !child.is('conference', storageNs)) ?? []
  return el('storage', storageNs, others, items.map(conferenceOf))
}

function conferenceOf({ id, payload }: PersonalItem): Element {
  const { name, autojoin } = payload.attrs
  const texts = ['nick', 'password'].map((child) => {
    const text = payload.childText(child)
    return text === undefined ? undefined : el(child, storageNs, text)
  })
  return el('conference', storageNs, { jid: id, name, autojoin }, texts)
}

/** A bookmark as an item; extensions, which the older form has not, stay (XEP-0402 §3.3). */
function itemOf(conference: Element, before: Element | undefined): Element {
  const { name, autojoin } = conference.attrs
  const texts = ['nick', 'password'].map((child) => {
    const text = conference.childText(child)
    return text === undefined ? undefined : el(child, bookmarksNode, text)
  })
  return el('conference', bookmarksNode, { name, autojoin }, texts, before?.child('extensions'))
}
