import { NS } from '../../stanza/namespaces.ts'
import { type Element, el } from '../../xml/element.ts'
import type { DiscoInfo, DiscoItem, FullDiscoInfo } from './api.ts'

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

/** The `<query/>` of disco#items. `set`: where they stand in a longer list. */
export function itemsElement(node: string, items: readonly DiscoItem[], set?: Element): Element {
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
