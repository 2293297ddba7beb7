import { NS } from '../../stanza/namespaces.ts'
import { type Element, el } from '../../xml/element.ts'
import type { DiscoInfo, DiscoItem, DiscoItemsPage, FullDiscoInfo } from './api.ts'

/** The answers of several modules as one: features sorted and once each, so that the hash of the answer is stable (XEP-0115). */
export function merged(answers: readonly DiscoInfo[]): FullDiscoInfo {
  return {
    identities: answers.flatMap((answer) => answer.identities ?? []),
    features: [...new Set(answers.flatMap((answer) => answer.features ?? []))].sort(),
    forms: answers.flatMap((answer) => answer.forms ?? []),
  }
}

/** The `<query/>` of disco#info. */
export function infoElement(node: string, info: FullDiscoInfo): Element {
  return el(
    'query',
    NS.discoInfo,
    { node: node === '' ? undefined : node },
    info.identities.map(({ category, type, name }) => el('identity', NS.discoInfo, { category, type, name })),
    info.features.map((feature) => el('feature', NS.discoInfo, { var: feature })),
    info.forms,
  )
}

/** Of two items for one address the first stays: it is from who knows more of it. */
export function onceEach(items: readonly DiscoItem[]): DiscoItem[] {
  const seen = new Set<string>()
  return items.filter((item) => {
    const key = JSON.stringify([item.jid, item.node])
    return !seen.has(key) && seen.add(key)
  })
}

/** The `<query/>` of disco#items. */
export function itemsElement(node: string, list: readonly DiscoItem[] | DiscoItemsPage): Element {
  const { items, set } = 'set' in list ? list : { items: list, set: undefined }
  return el(
    'query',
    NS.discoItems,
    { node: node === '' ? undefined : node },
    items.map(({ jid, node: at, name, attributes }) =>
      el('item', NS.discoItems, { jid, node: at, name, ...attributes }),
    ),
    set,
  )
}
