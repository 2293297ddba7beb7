import { randomBytes } from 'node:crypto'
import type { Client } from './client.ts'
import type { Cast } from './story.ts'
import type { XmlNode } from './xml.ts'

export const mucNs = 'http://jabber.org/protocol/muc'
export const userNs = `${mucNs}#user`
export const adminNs = `${mucNs}#admin`
export const ownerNs = `${mucNs}#owner`
export const formsNs = 'jabber:x:data'

/** A new room of a server's service. */
export function freshRoom(domain: string, service = `conference.${domain}`): string {
  return `room-${randomBytes(5).toString('hex')}@${service}`
}

/** Asks to be let in; what follows is left to be received. */
export function asksIn(client: Client, room: string, nick: string, inner = ''): void {
  client.sends(`<presence to='${room}/${nick}'><x xmlns='${mucNs}'>${inner}</x></presence>`)
}

/** Enters and takes all that comes up to the subject, which is the last. */
export async function enters(client: Client, room: string, nick: string, inner = ''): Promise<XmlNode[]> {
  asksIn(client, room, nick, inner)
  return arrival(client, room)
}

/** What a newcomer is sent, up to the subject. */
export async function arrival(client: Client, room: string): Promise<XmlNode[]> {
  const seen: XmlNode[] = []
  for (;;) {
    const element = await client.takes((each) => (each.attr('from') ?? '').startsWith(room))
    seen.push(element)
    if (element.name === 'presence' && element.attr('type') === 'error') throw new Error(`not let in: ${element}`)
    const isSubject = element.name === 'message' && element.child('subject') !== undefined && !element.child('body')
    if (isSubject) return seen
  }
}

/** A filled in form of the owner. */
export function configForm(fields: Readonly<Record<string, string | readonly string[]>>): string {
  const all = { FORM_TYPE: `${mucNs}#roomconfig`, ...fields }
  const text = Object.entries(all).map(([name, values]) => {
    const list = typeof values === 'string' ? [values] : values
    return `<field var='${name}'>${list.map((value) => `<value>${value}</value>`).join('')}</field>`
  })
  return `<query xmlns='${ownerNs}'><x xmlns='${formsNs}' type='submit'>${text.join('')}</x></query>`
}

/** Makes a room that others may enter, configured like this. */
export async function opens(
  owner: Client,
  room: string,
  fields: Readonly<Record<string, string | readonly string[]>> = {},
  nick = 'owner',
): Promise<void> {
  await enters(owner, room, nick)
  const isPlain = Object.keys(fields).length === 0
  const form = isPlain ? `<query xmlns='${ownerNs}'><x xmlns='${formsNs}' type='submit'/></query>` : configForm(fields)
  await owner.asks(form, 'set', { to: room })
  await owner.drains()
}

/** A new room with two people in it: who has made it and a guest, as `owner` and `second`. */
export async function roomOfTwo(
  { alice, bob, server }: Pick<Cast, 'alice' | 'bob' | 'server'>,
  fields: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<{ owner: Client; guest: Client; room: string }> {
  const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
  const room = freshRoom(server.domain)
  await opens(owner, room, fields)
  await enters(guest, room, 'second')
  return { owner, guest, room }
}

/** A list of changes for the owner, admin or moderator to make. */
export function changes(...items: readonly string[]): string {
  return `<query xmlns='${adminNs}'>${items.map((item) => `<item ${item}/>`).join('')}</query>`
}

/** The status codes of a presence or message. */
export function codesOf(element: XmlNode): string[] {
  const x = element.child('x', userNs)
  return (x?.elements() ?? []).filter(({ name }) => name === 'status').map((status) => status.attr('code') ?? '')
}

/** The item of a presence. */
export function itemOf(presence: XmlNode): XmlNode | undefined {
  return presence.child('x', userNs)?.child('item')
}
