import { collect } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { ServicePoint } from '../../module/subdomain.ts'
import type { Host } from '../../router/host.ts'
import type { IqRequest } from '../../router/iq-registry.ts'
import { NS } from '../../stanza/namespaces.ts'
import { pageOf, type RsmRequest, rsmElement } from '../../stanza/rsm.ts'
import { type ErrorCondition, StanzaError } from '../../stanza/stanza-error.ts'
import type { Eventually } from '../../util/settled.ts'
import type { Element } from '../../xml/element.ts'
import { infoElement, itemsElement, merged } from './format.ts'

/** A service discovery query, to the domain or to an account. */
export interface DiscoQuery {
  readonly host: Host
  readonly at: 'server' | 'account'
  readonly from: Jid
  readonly to: Jid
  /** '' when the query names none. */
  readonly node: string
  /** Which part of a list of items is asked for. */
  readonly rsm?: RsmRequest | undefined
}

export interface Identity {
  readonly category: string
  readonly type: string
  readonly name?: string | undefined
}

/** What one module adds to an answer. Whoever answers for a node at all knows that node. */
export interface DiscoInfo {
  readonly identities?: readonly Identity[]
  readonly features?: readonly string[]
  /** Extended information (XEP-0128). */
  readonly forms?: readonly Element[]
  /** The node is there, but not for who asks; nothing else counts then. */
  readonly refusal?: ErrorCondition
}
/** A whole answer. */
export type FullDiscoInfo = Required<Omit<DiscoInfo, 'refusal'>>
/**
 * What an answer to disco#info holds. For the domain itself without a node it has to be answered at once: the hash in the
 * stream features is made of it (XEP-0115 §6).
 */
export const discoInfo = collect<DiscoQuery, DiscoInfo>('discoInfo', { slots: ['caps', 'main'] })

export interface DiscoItem {
  readonly jid: string
  readonly node?: string | undefined
  readonly name?: string | undefined
  /** What a service says of its items besides. */
  readonly attributes?: Readonly<Record<string, string>> | undefined
}
/** Of items of a node, who knows it may answer with a part; other answers are put together, and a part of that is given. */
export const discoItems = collect<DiscoQuery, readonly DiscoItem[] | DiscoItemsPage>('discoItems', { slots: ['main'] })

/**
 * What accounts tell those with whom they have nothing to do: of what is there for everybody, and of nothing else, as an account
 * without any of it must not differ from none. Of the account itself nothing is told.
 */
export const strangerInfo = collect<DiscoQuery, DiscoInfo>('strangerInfo', { slots: ['main'] })
export const strangerItems = collect<DiscoQuery, readonly DiscoItem[] | DiscoItemsPage>('strangerItems', {
  slots: ['main'],
})

/** What other modules may ask of service discovery. */
export interface DiscoApi {
  /** What a domain answers to disco#info without a node. */
  serverInfo(domain: string): FullDiscoInfo
  /** The contact form as a module shows it in the answers of its own service (XEP-0157). */
  contactForm(module: string): Element
}
export const discoApi = moduleApi<DiscoApi>('mod_disco')

/** A whole answer to disco#info without a node. */
export function discoInfoElement(info: FullDiscoInfo): Element {
  return infoElement('', info)
}

/** A part of a longer list of items. */
export interface DiscoItemsPage {
  readonly items: readonly DiscoItem[]
  /** Where it stands in the list (XEP-0059). */
  readonly set: Element
}

/** Most items of one answer: a longer list is read page by page, whether that was asked for or not. */
export const longestList = 1000

/** A list of items, or the part of it that is asked for (XEP-0059). */
export function partOfItems(
  list: readonly DiscoItem[],
  rsm: RsmRequest | undefined,
): readonly DiscoItem[] | DiscoItemsPage {
  if (rsm === undefined && list.length <= longestList) return list
  const sorted = list.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
  const { items, ...where } = pageOf(sorted, idOf, { ...rsm, max: Math.min(rsm?.max ?? longestList, longestList) })
  return { items, set: rsmElement(where) }
}

/** Names an item among those of a list. Nodes are told from what has none, as they may be called as anything is. */
function idOf({ jid, node, name = '' }: DiscoItem): string {
  return node === undefined ? `item ${jid} ${name}` : `node ${jid} ${node}`
}

/** How a service answers service discovery; undefined for a node that it does not know. */
export interface ServiceDisco {
  info(node: string, request: IqRequest): Eventually<DiscoInfo | undefined>
  items?(node: string, request: IqRequest): Eventually<readonly DiscoItem[] | DiscoItemsPage | undefined>
}

/** Lets a service answer disco#info and disco#items addressed to its domain, or to what `iq` is for. */
export function answerServiceDisco({ iq }: Pick<ServicePoint, 'iq'>, disco: ServiceDisco): void {
  iq('get', NS.discoInfo, 'query', async (request) => {
    const node = request.payload.attr('node') ?? ''
    const info = await disco.info(node, request)
    if (info === undefined) throw new StanzaError('item-not-found')
    return infoElement(node, merged([info]))
  })
  iq('get', NS.discoItems, 'query', async (request) => {
    const node = request.payload.attr('node') ?? ''
    const items = disco.items === undefined && node === '' ? [] : await disco.items?.(node, request)
    if (items === undefined) throw new StanzaError('item-not-found')
    return itemsElement(node, items)
  })
}
