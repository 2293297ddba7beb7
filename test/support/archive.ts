import { expect } from 'vitest'
import type { Client } from './client.ts'
import { NS, type XmlNode } from './xml.ts'

export const mam = 'urn:xmpp:mam:2'
export const forward = 'urn:xmpp:forward:0'
const rsm = 'http://jabber.org/protocol/rsm'

export interface Question {
  readonly fields?: Readonly<Record<string, string | readonly string[]>>
  /** Content of `<set/>`. */
  readonly set?: string
  readonly flip?: boolean
  readonly ns?: string
  readonly to?: string
}

/** What came of a question. */
export interface Answer {
  readonly ids: string[]
  readonly bodies: string[]
  /** `<message/>` inside of each result. */
  readonly messages: XmlNode[]
  readonly results: XmlNode[]
  readonly isComplete: boolean
  readonly first?: string | undefined
  readonly last?: string | undefined
  readonly index?: string | undefined
  readonly count?: string | undefined
}

let count = 0

/** `<query/>` of a question. */
export function query({ fields, set, flip = false, ns = mam }: Question, id = 'q'): string {
  const field = (name: string, values: string | readonly string[]) =>
    `<field var='${name}'>${[values]
      .flat()
      .map((value) => `<value>${value}</value>`)
      .join('')}</field>`
  const form =
    fields === undefined
      ? ''
      : `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>${ns}</value></field>${Object.entries(
          fields,
        )
          .map(([name, values]) => field(name, values))
          .join('')}</x>`
  const page = set === undefined ? '' : `<set xmlns='${rsm}'>${set}</set>`
  return `<query xmlns='${ns}' queryid='${id}'>${form}${page}${flip ? '<flip-page/>' : ''}</query>`
}

/** Asks an archive and gathers its answer. */
export async function search(client: Client, question: Question = {}): Promise<Answer> {
  const { ns = mam, to } = question
  const id = `question-${++count}`
  const result = await client.asks(query(question, id), 'set', to === undefined ? {} : { to })
  const results: XmlNode[] = []
  const isOurs = (node: XmlNode) => node.child('result', ns)?.attr('queryid') === id
  for (;;) {
    const item = client.inbox.takeNow((each) => each.kind === 'element' && isOurs(each.element))
    if (item?.kind !== 'element') break
    results.push(item.element.child('result', ns) as XmlNode)
  }
  const fin = result.child('fin', ns)
  const set = fin?.child('set', rsm)
  expect(set).toBeDefined()
  const messages = results.map((each) => each.child('forwarded', forward)?.child('message', NS.client) as XmlNode)
  return {
    results,
    messages,
    ids: results.map((each) => each.attr('id') ?? ''),
    bodies: messages.map((message) => message.child('body', NS.client)?.text() ?? ''),
    isComplete: fin?.attr('complete') === 'true',
    first: set?.child('first', rsm)?.text(),
    last: set?.child('last', rsm)?.text(),
    index: set?.child('first', rsm)?.attr('index'),
    count: set?.child('count', rsm)?.text(),
  }
}

/** Sends so many chats, numbered from 1, and waits until they have been received. */
export async function talk(sender: Client, recipient: Client, messages: number): Promise<void> {
  for (let at = 1; at <= messages; at++) {
    sender.sends(`<message to='${recipient.bare}' type='chat' id='m${at}'><body>${at}</body></message>`)
  }
  for (let at = 1; at <= messages; at++) await recipient.receives(`<message><body>${at}</body>{any}</message>`)
}
