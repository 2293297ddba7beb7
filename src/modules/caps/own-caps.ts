import { productUri } from '../../util/product.ts'
import { type Element, el } from '../../xml/element.ts'
import { hashOf, isSupported } from './algorithms.ts'
import { type CapsVersion, capsNs, hashNs, nodeV2 } from './announcement.ts'
import { hashInputV1 } from './hash-input-v1.ts'
import { hashInputV2 } from './hash-input-v2.ts'

/** What the server announces of itself in stream features. `info` is its answer to disco#info. */
export function ownCaps(info: Element, version: CapsVersion): Element {
  if (version === 'v1') return el('c', capsNs.v1, { hash: 'sha-1', node: productUri, ver: hashV1(info) })
  const algo = 'sha-256'
  return el('c', capsNs.v2, el('hash', hashNs, { algo }, hashV2(info, algo)))
}

/** Whether a node stands for what the server can do now (XEP-0115 §6.2, XEP-0390 §5.6). */
export function isOwnNode(node: string, info: Element, versions: readonly CapsVersion[]): boolean {
  if (versions.includes('v1') && node === `${productUri}#${hashV1(info)}`) return true
  const prefix = `${capsNs.v2}#`
  if (!versions.includes('v2') || !node.startsWith(prefix)) return false
  const algorithm = node.slice(prefix.length, node.lastIndexOf('.'))
  return isSupported(algorithm) && node === nodeV2(algorithm, hashV2(info, algorithm))
}

function hashV1(info: Element): string {
  return hashedOr(hashInputV1(info), 'sha-1')
}

function hashV2(info: Element, algorithm: string): string {
  return hashedOr(hashInputV2(info), algorithm)
}

function hashedOr(input: Buffer | undefined, algorithm: string): string {
  const hash = input && hashOf(algorithm, input)
  if (hash === undefined) throw new Error('the service discovery information of the server is ill-formed')
  return hash
}
