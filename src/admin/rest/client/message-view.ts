import type { ShownEvent } from '../../../edges/event-client.ts'
import { isMarkerType, markersNs } from '../../../stanza/chat-markers.ts'
import { parseTimestamp } from '../../../stanza/delay.ts'
import { NS } from '../../../stanza/namespaces.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import type { Element } from '../../../xml/element.ts'

// How messages look in the REST API for clients.

const propertiesNs = 'http://www.jivesoftware.com/xmlns/xmpp/properties'
const affiliationsNs = 'urn:xmpp:muclight:0#affiliations'
const stanzaIdNs = 'urn:xmpp:sid:0'

/** The parts of a message that are shown. */
export interface Message {
  readonly from: string
  readonly to: string
  readonly id: string
  readonly children: readonly Element[]
}

/** A message in an archive; `archiveId` stands in for an id of its own. */
export function archivedMessage(message: Element, archiveId: string): Message {
  const [from = '', to = '', id = archiveId] = ['from', 'to', 'id'].map((name) => message.attr(name))
  return { from, to, id, children: message.elements() }
}

function receivedMessage(stanza: Stanza): Message {
  const { from, to } = stanza
  const id = stanza.id ?? stanza.child('stanza-id', stanzaIdNs)?.attr('id') ?? ''
  return { from: from?.full ?? '', to: to?.full ?? '', id, children: stanza.elements() }
}

function childOf({ children }: Message, name: string, ns: string = NS.client): Element | undefined {
  return children.find((child) => child.is(name, ns))
}

/** The text of a message, undefined where it has none. */
function bodyOf(message: Message): string | undefined {
  return childOf(message, 'body')?.text() || undefined
}

/** A message between two accounts; `timestamp` as the one who asks wants it. */
export function chatItem(message: Message, timestamp: number): Record<string, unknown> {
  const { from, to, id } = message
  const thread = childOf(message, 'thread')
  const parent = thread?.attr('parent')
  const properties = propertiesOf(message)
  return {
    ...{ from, to, id, body: bodyOf(message) ?? '', timestamp },
    ...(thread === undefined ? {} : { thread: thread.text() }),
    ...(parent === undefined ? {} : { parent }),
    ...(properties === undefined ? {} : { properties }),
  }
}

/** Names and values that some clients add to messages. */
function propertiesOf(message: Message): Record<string, string> | undefined {
  const list = childOf(message, 'properties', propertiesNs)?.childrenNamed('property')
  return list && Object.fromEntries(list.map((each) => [each.childText('name') ?? '', each.childText('value') ?? '']))
}

/** What has happened in a room: one item, or one for each member of whom a change tells. */
export function roomItems(message: Message, timestamp: number): Record<string, unknown>[] {
  const { from: full, id } = message
  const slash = full.indexOf('/')
  // Members speak under their own address; of changes the room tells.
  const from = slash < 0 ? full : full.slice(slash + 1)
  const users = childOf(message, 'x', affiliationsNs)?.childrenNamed('user') ?? []
  if (users.length === 0) return [{ type: 'message', id, from, timestamp, ...speechOf(message) }]
  return users.map((user) => ({
    ...{ type: 'affiliation', id, from, timestamp, user: user.text() },
    affiliation: user.attr('affiliation'),
  }))
}

/** What somebody says in a room. */
function speechOf(message: Message): Record<string, unknown> {
  const body = bodyOf(message)
  const marker = message.children.find(({ name, ns }) => ns === markersNs && isMarkerType(name))
  return {
    ...(body === undefined ? {} : { body }),
    ...(childOf(message, 'markable', markersNs) === undefined ? {} : { markable: true }),
    ...(marker === undefined ? {} : { chat_marker: { type: marker.name, id: marker.attr('id') ?? '' } }),
  }
}

/**
 * The events that a stanza is for who reads a stream: those of messages that have something to show. `service`: the domain of the
 * rooms that are known by their ids alone. The time is in microseconds there, when the message came, or since when it waits.
 */
export function eventsOf(stanza: Stanza, { now, service }: { now: number; service: string }): ShownEvent[] {
  if (stanza.kind !== 'message') return []
  const message = receivedMessage(stanza)
  const delayed = parseTimestamp(childOf(message, 'delay', NS.delay)?.attr('stamp') ?? '')
  const timestamp = (delayed ?? now) * 1000
  if (stanza.type === 'chat') {
    return bodyOf(message) === undefined ? [] : [{ event: 'message', data: chatItem(message, timestamp) }]
  }
  if (stanza.type !== 'groupchat') return []
  const room = stanza.from?.domain === service ? stanza.from.local : (stanza.from?.bareString ?? '')
  const isShown = (item: Record<string, unknown>) =>
    item['type'] === 'affiliation' || item['body'] !== undefined || item['chat_marker'] !== undefined
  return roomItems(message, timestamp)
    .filter(isShown)
    .map((item) => ({ event: 'room.message', data: { ...item, room } }))
}
