import { randomBytes } from 'node:crypto'
import type { Client } from './client.ts'
import type { XmlNode } from './xml.ts'

export const lightNs = 'urn:xmpp:muclight:0'
export const lightService = 'muclight.localhost'

/** An address that no room has. */
export function freshLightRoom(service = lightService): string {
  return `room-${randomBytes(5).toString('hex')}@${service}`
}

/** `<user/>` elements, from `otto@ex.org member`. */
export function usersOf(...list: readonly string[]): string {
  return list
    .map((entry) => {
      const [jid, affiliation] = entry.split(' ')
      return `<user affiliation='${affiliation}'>${jid}</user>`
    })
    .join('')
}

/** A request that makes a room. */
export function creation(settings = '', ...users: readonly string[]): string {
  const occupants = users.length === 0 ? '' : `<occupants>${usersOf(...users)}</occupants>`
  return `<query xmlns='${lightNs}#create'><configuration>${settings}</configuration>${occupants}</query>`
}

/** A request that changes who belongs to a room. */
export function affiliations(...users: readonly string[]): string {
  return `<query xmlns='${lightNs}#affiliations'>${usersOf(...users)}</query>`
}

/** A request that changes settings. */
export function configuration(settings: string): string {
  return `<query xmlns='${lightNs}#configuration'>${settings}</query>`
}

/** A request that ends a room. */
export const destruction = `<query xmlns='${lightNs}#destroy'/>`

/** Makes a room with these others in it, and takes what all of them are told. */
export async function makesRoom(
  owner: Client,
  others: readonly Client[] = [],
  room = freshLightRoom(),
): Promise<string> {
  await owner.asks(creation('', ...others.map(({ bare }) => `${bare} member`)), 'set', { to: room })
  for (const client of [owner, ...others]) await client.takes((each) => isNotice(each, room, 'affiliations'))
  return room
}

/** Whether this is what a room tells of a change. */
export function isNotice(element: XmlNode, room: string, kind: string): boolean {
  return element.attr('from') === room && element.child('x', `${lightNs}#${kind}`) !== undefined
}

/** What a client is told next by a room: `lena@ex.org member, otto@ex.org none`, with the versions that were told. */
export async function told(
  client: Client,
  room: string,
): Promise<{ users: string; versions: string[]; id: string | undefined }> {
  const message = await client.takes((each) => isNotice(each, room, 'affiliations'))
  const x = message.child('x', `${lightNs}#affiliations`) as XmlNode
  if (message.child('body') === undefined) throw new Error('a notice has an empty body')
  const users = x.elements().filter(({ name }) => name === 'user')
  return {
    users: users.map((user) => `${user.text().split('@')[0]} ${user.attr('affiliation')}`).join(', '),
    versions: x
      .elements()
      .filter(({ name }) => name.endsWith('version'))
      .map(({ name }) => name),
    id: message.attr('id'),
  }
}

/** Who belongs to a room, as one who does is told: `lena owner, otto member`. */
export async function occupantsOf(client: Client, room: string): Promise<string> {
  const answer = await client.asks(affiliations(), 'get', { to: room })
  const users = answer.child('query', `${lightNs}#affiliations`)?.elements() ?? []
  return users
    .filter(({ name }) => name === 'user')
    .map((user) => `${user.text().split('@')[0]} ${user.attr('affiliation')}`)
    .join(', ')
}

/** Says something in a room. */
export function says(client: Client, room: string, body: string, id = 'm1'): void {
  client.sends(`<message to='${room}' type='groupchat' id='${id}'><body>${body}</body></message>`)
}

/** The rooms that a client finds, by name, and what else the answer holds. */
export async function roomsOf(client: Client, set = '', service = lightService) {
  const items = 'http://jabber.org/protocol/disco#items'
  const rsm = 'http://jabber.org/protocol/rsm'
  const inner = set === '' ? '' : `<set xmlns='${rsm}'>${set}</set>`
  const query = (await client.asks(`<query xmlns='${items}'>${inner}</query>`, 'get', { to: service })).child(
    'query',
    items,
  )
  const found = query?.elements() ?? []
  return {
    items: found.filter(({ name }) => name === 'item'),
    count: query?.child('set', rsm)?.child('count')?.text(),
    index: query?.child('set', rsm)?.child('first')?.attr('index'),
  }
}
