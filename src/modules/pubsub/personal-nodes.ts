import type { Jid } from '../../jid/jid.ts'
import { formElement } from '../../stanza/data-form.ts'
import type { Element } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import type { Audience, PersonalItem, PersonalNodesApi } from './api.ts'
import { PS } from './core/namespaces.ts'
import type { Item } from './core/node.ts'
import type { PubsubDesk } from './desk.ts'
import { type Engine, personalPlace } from './engine.ts'

/** How a node for somebody is set up (XEP-0222 and XEP-0223, §3). */
function optionsFor(audience: Audience): Element | undefined {
  if (audience === 'contacts') return undefined
  const isPrivate = audience === 'self'
  return formElement({
    type: 'submit',
    formType: PS.publishOptions,
    fields: [
      { var: 'pubsub#persist_items', values: ['1'] },
      { var: 'pubsub#max_items', values: [isPrivate ? 'max' : '1'] },
      { var: 'pubsub#send_last_published_item', values: [isPrivate ? 'never' : 'on_sub_and_presence'] },
      { var: 'pubsub#access_model', values: [isPrivate ? 'whitelist' : 'open'] },
    ],
  })
}

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

  async item(account: Jid, name: string, id: string): Promise<PersonalItem | undefined> {
    const node = await this.#engine.nodes.get(account.bare, name)
    const item = node === undefined ? undefined : await this.#engine.store.item(node.id, id)
    return item === undefined ? undefined : shown(item)[0]
  }

  async isOpen(account: Jid, name: string): Promise<boolean> {
    return (await this.#engine.nodes.get(account.bare, name))?.config.access_model === 'open'
  }

  async publish(account: Jid, name: string, item: PersonalItem, audience: Audience = 'contacts'): Promise<void> {
    const at = personalPlace(this.#engine, account)
    const isNew = (await this.#engine.nodes.get(at.jid, name)) === undefined
    const options = isNew ? optionsFor(audience) : undefined
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
