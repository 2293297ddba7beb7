import { decodeBase64 } from '../../protocol/sasl/base64.ts'
import { hashBytes, type ScramHash, type ScramKeys, scramHashes } from '../../protocol/scram/keys.ts'
import { NS } from '../../stanza/namespaces.ts'
import { type Element, el } from '../../xml/element.ts'

/** Documents of XEP-0227, "Portable Import/Export Format for XMPP-IM Servers". */
export const portableNs = NS.portable
const archiveNs = `${portableNs}#mam`
export const xincludeNs = 'http://www.w3.org/2001/XInclude'
const scramNs = `${portableNs}#scram`

/** The children of `<user/>` that may be large, whose own children come one at a time. */
export function isStreamed(element: Element): boolean {
  return element.is('offline-messages', portableNs) || element.is('archive', archiveNs)
}

/** Keys as `<scram-credentials/>` (XEP-0227 §4.3). */
export function scramElement({ hash, iterations, salt, serverKey, storedKey }: ScramKeys): Element {
  const field = (name: string, value: string) => el(name, scramNs, value)
  return el('scram-credentials', scramNs, { mechanism: `SCRAM-${hash}` }, [
    field('iter-count', String(iterations)),
    field('salt', salt.toString('base64')),
    field('server-key', serverKey.toString('base64')),
    field('stored-key', storedKey.toString('base64')),
  ])
}

export function isScram(element: Element): boolean {
  return element.is('scram-credentials', scramNs)
}

/** The keys in `<scram-credentials/>`; undefined for a mechanism that is not known here. Throws where they are damaged. */
export function scramKeysOf(element: Element): ScramKeys | undefined {
  const mechanism = element.attr('mechanism') ?? ''
  const hash = scramHashes.find((name) => mechanism === `SCRAM-${name}`)
  return hash === undefined ? undefined : keysOf(hash, element)
}

function keysOf(hash: ScramHash, element: Element): ScramKeys {
  const bytes = (name: string) => decodeBase64(element.childText(name)?.trim() ?? '') ?? Buffer.alloc(0)
  const count = element.childText('iter-count')?.trim() ?? ''
  const [salt, storedKey, serverKey] = [bytes('salt'), bytes('stored-key'), bytes('server-key')]
  const size = hashBytes(hash)
  const isWhole = salt.length > 0 && storedKey.length === size && serverKey.length === size
  if (!isWhole || !/^[1-9]\d{0,8}$/.test(count)) throw new Error(`the credentials for SCRAM-${hash} are damaged`)
  return { hash, salt, iterations: Number(count), storedKey, serverKey }
}
