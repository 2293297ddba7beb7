import type { Jid } from '../../jid/jid.ts'
import { formElement } from '../../stanza/data-form.ts'
import { parseElement } from '../../xml/parse.ts'
import type { PersonalItem, PersonalNodesApi } from './api.ts'
import { PS } from './core/namespaces.ts'
import type { Item } from './core/node.ts'
import type { PubsubDesk } from './desk.ts'
import { type Engine, personalPlace } from './engine.ts'

/** For an account alone, and everything is kept (XEP-0223 §3). */
const privateOptions = formElement({
  type: 'submit',
  formType: PS.publishOptions,
  fields: [
    { var: 'pubsub#persist_items', values: ['1'] },
    { var: 'pubsub#max_items', values: ['max'] },
    { var: 'pubsub#send_last_published_item', values: ['never'] },
    { var: 'pubsub#access_model', values: ['whitelist'] },
  ],
})

/** The nodes of accounts as other modules use them. */
export class PersonalNodes implements PersonalNodesApi {
  readonly #engine: Engine
  readonly #desk: PubsubDesk

  constructor(engine: Engine, desk: PubsubDesk) {
    this.#engine = engine
    this.#desk = desk
  }

  async items(account: Jid, name: string): Promise<readonly PersonalItem[]> {
    const node = await this.#engine.nodes.get(account.bare, name)
    if (node === undefined) return []
    const items = await this.#engine.catalogue.items(node.id, { by: 'place', newestFirst: false, max: 10_000 })
    return items.flatMap(shown)
  }

  async last(account: Jid, name: string): Promise<PersonalItem | undefined> {
    const node = await this.#engine.nodes.get(account.bare, name)
    return node?.last === undefined ? undefined : shown(node.last)[0]
  }

  async publish(account: Jid, name: string, item: PersonalItem, { isPrivate = false } = {}): Promise<void> {
    const at = personalPlace(this.#engine, account)
    const isNew = (await this.#engine.nodes.get(at.jid, name)) === undefined
    const options = isPrivate && isNew ? privateOptions : undefined
    const { id, payload } = item
    await this.#desk.publishDesk.put({ at, from: account.bare, name, id, payload, options })
  }

  async retract(account: Jid, name: string, id: string): Promise<void> {
    const at = personalPlace(this.#engine, account)
    const node = await this.#engine.nodes.get(at.jid, name)
    if (node === undefined || (await this.#engine.store.item(node.id, id)) === undefined) return
    await this.#desk.publishDesk.take({ at, from: account.bare, name, id, notifies: true })
  }
}

function shown({ id, payload }: Item): PersonalItem[] {
  return payload === '' ? [] : [{ id, payload: parseElement(payload) }]
}
