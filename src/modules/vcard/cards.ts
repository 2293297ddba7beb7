import { productName, productUri } from '../../util/product.ts'
import { type Element, el } from '../../xml/element.ts'

export const vcardNs = 'vcard-temp'

function card(name: string, about: string): Element {
  return el('vCard', vcardNs, el('FN', vcardNs, name), el('URL', vcardNs, productUri), el('DESC', vcardNs, about))
}

/** The card of the server itself. */
export const serverCard = card(productName, `${productName} XMPP server`)

/** The card of a directory. */
export const directoryCard = card(
  `${productName} user directory`,
  `Finds users of this ${productName} server by their vCards`,
)
