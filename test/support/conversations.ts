import { expect } from 'vitest'
import type { Client } from './client.ts'
import { NS, type XmlNode } from './xml.ts'

export const inboxNs = 'erlang-solutions.com:xmpp:inbox:0'
export const conversationNs = `${inboxNs}#conversation`
const rsm = 'http://jabber.org/protocol/rsm'

export interface InboxQuestion {
  readonly fields?: Readonly<Record<string, string | readonly string[]>>
  /** Content of `<set/>`. */
  readonly set?: string
  /** Name of the element that asks. */
  readonly name?: 'inbox' | 'query'
}

/** A conversation as it was shown. */
export interface Shown {
  /** Bare address of the other side. */
  readonly unread: number
  readonly body: string
  readonly from: string
  readonly to: string
  readonly stamp: string
  readonly box: string
  readonly read: string
  readonly archive: string
  readonly mute: string
  readonly result: XmlNode
}

export interface InboxAnswer {
  readonly shown: Shown[]
  /** The bodies of the last messages, in order. */
  readonly bodies: string[]
  readonly first: string | undefined
  readonly last: string | undefined
  readonly count: number
  readonly active: number
  readonly unread: number
}

let asked = 0

/** The element that asks. */
export function inboxQuery({ fields, set, name = 'inbox' }: InboxQuestion, queryId?: string): string {
  const values = (of: string | readonly string[]) => [of].flat().map((value) => `<value>${value}</value>`)
  const all = Object.entries({ FORM_TYPE: inboxNs, ...fields })
  const form =
    fields === undefined
      ? ''
      : `<x xmlns='jabber:x:data' type='submit'>${all
          .map(([name, of]) => `<field var='${name}'>${values(of).join('')}</field>`)
          .join('')}</x>`
  const page = set === undefined ? '' : `<set xmlns='${rsm}'>${set}</set>`
  return `<${name} xmlns='${inboxNs}'${queryId === undefined ? '' : ` queryid='${queryId}'`}>${form}${page}</${name}>`
}

/** Asks for conversations and gathers the answer. */
export async function inboxOf(client: Client, question: InboxQuestion = {}): Promise<InboxAnswer> {
  const id = `inbox-${++asked}`
  const answer = await client.asks(inboxQuery(question, id), 'set')
  const shown: Shown[] = []
  const isOurs = (node: XmlNode) => node.child('result', inboxNs)?.attr('queryid') === id
  for (;;) {
    const item = client.inbox.takeNow((each) => each.kind === 'element' && isOurs(each.element))
    if (item?.kind !== 'element') break
    expect(item.element.attr('from')).toBe(client.bare)
    shown.push(shownOf(item.element.child('result', inboxNs) as XmlNode))
  }
  const fin = answer.child('fin', inboxNs) as XmlNode
  const set = fin.child('set', rsm)
  const number = (name: string) => Number(fin.child(name)?.text())
  return {
    shown,
    bodies: shown.map(({ body }) => body),
    first: set?.child('first')?.text(),
    last: set?.child('last')?.text(),
    count: number('count'),
    active: number('active-conversations'),
    unread: number('unread-messages'),
  }
}

/** Conversations as `body: unread`, newest first. */
export async function counts(client: Client, question: InboxQuestion = {}): Promise<string[]> {
  const { shown } = await inboxOf(client, question)
  return shown.map(({ body, unread }) => `${body}: ${unread}`)
}

function shownOf(result: XmlNode): Shown {
  const forwarded = result.child('forwarded', 'urn:xmpp:forward:0')
  const message = forwarded?.child('message', NS.client)
  const text = (name: string) => result.child(name)?.text() ?? ''
  return {
    unread: Number(result.attr('unread')),
    body: message?.child('body')?.text() ?? '',
    from: message?.attr('from') ?? '',
    to: message?.attr('to') ?? '',
    stamp: forwarded?.child('delay', 'urn:xmpp:delay')?.attr('stamp') ?? '',
    box: text('box'),
    read: text('read'),
    archive: text('archive'),
    mute: text('mute'),
    result,
  }
}

/** Changes a conversation. */
export function change(client: Client, jid: string, properties: string, refused?: 'bad-request'): Promise<XmlNode> {
  const query = `<query xmlns='${conversationNs}' jid='${jid}'>${properties}</query>`
  return client.asks(query, 'set', refused === undefined ? {} : { refused })
}

/** Sends a chat and waits until the server has it. */
export async function says(client: Client, to: string, body: string, more = ''): Promise<void> {
  client.sends(`<message to='${to}' type='chat' id='${body}'><body>${body}</body>${more}</message>`)
  await client.isHeard()
}

/** Takes the notice of a changed conversation. */
export async function notice(client: Client): Promise<XmlNode> {
  return client.takes((each) => each.name === 'message' && each.child('x', conversationNs) !== undefined)
}
