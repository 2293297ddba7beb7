import { Jid } from '../../jid/jid.ts'
import { type Element, el } from '../../xml/element.ts'

/** The namespace of XEP-0191. */
export const blockingNs = 'urn:xmpp:blocking'

/** Somebody named in a request. */
export interface NamedItem {
  readonly jid: Jid
  readonly element: Element
}

/** Those who are named in a request. What is no address is left out, but does not make the request one about nobody. */
export function readItems(payload: Element): { readonly items: readonly NamedItem[]; readonly isEmpty: boolean } {
  const elements = payload.childrenNamed('item')
  const items = elements.flatMap((element) => {
    const jid = Jid.tryParse(element.attr('jid') ?? '')
    return jid === undefined ? [] : [{ jid, element }]
  })
  return { items, isEmpty: elements.length === 0 }
}

/** An address in a list or a push. */
export function itemElement(jid: string): Element {
  return el('item', blockingNs, { jid })
}
