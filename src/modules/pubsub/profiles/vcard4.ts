import type { IqContext } from '../../../module/context.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { mayRead } from '../disco.ts'
import type { Engine } from '../engine.ts'
import type { PersonalNodes } from '../personal-nodes.ts'

/** The vCard of the IETF as an item of a node (XEP-0292). */
export const vcard4Node = 'urn:xmpp:vcard4'
const vcard4Ns = 'urn:ietf:params:xml:ns:vcard-4.0'

/** Answers clients that ask for it, or write it, as for the older one. */
export function openVcard4(iq: IqContext, engine: Engine, nodes: PersonalNodes): void {
  iq.account.open('get', vcard4Ns, 'vcard', async ({ from, to }) => {
    const node = await engine.nodes.get(to.bare, vcard4Node)
    const isReadable = node !== undefined && (await mayRead(engine, node, from))
    const item = isReadable ? await nodes.last(to, vcard4Node) : undefined
    if (item === undefined) throw new StanzaError('item-not-found')
    return item.payload
  })
  iq.account.open('set', vcard4Ns, 'vcard', async ({ from, to, payload }) => {
    if (from.bareString !== to.bareString) throw new StanzaError('forbidden')
    await nodes.publish(to, vcard4Node, { id: 'current', payload }, 'everybody')
  })
}
