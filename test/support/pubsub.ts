import { createHash } from 'node:crypto'
import type { Client } from './client.ts'

const base = 'http://jabber.org/protocol/pubsub'

/** Namespaces of pubsub. */
export const PS = {
  pubsub: base,
  owner: `${base}#owner`,
  event: `${base}#event`,
  errors: `${base}#errors`,
  config: `${base}#node_config`,
  publishOptions: `${base}#publish-options`,
  subscribeOptions: `${base}#subscribe_options`,
  authorization: `${base}#subscribe_authorization`,
} as const

/** `<pubsub/>` around a request. */
export const pubsub = (inner: string) => `<pubsub xmlns='${PS.pubsub}'>${inner}</pubsub>`

/** `<pubsub/>` around a request of an owner. */
export const owner = (inner: string) => `<pubsub xmlns='${PS.owner}'>${inner}</pubsub>`

/** A form that was filled in; names without `pubsub#`. */
export function form(type: string, fields: Readonly<Record<string, string | readonly string[]>>): string {
  const values = (value: string | readonly string[]) =>
    (typeof value === 'string' ? [value] : value).map((text) => `<value>${text}</value>`).join('')
  const rows = Object.entries(fields).map(([name, value]) => `<field var='pubsub#${name}'>${values(value)}</field>`)
  const typed = `<field var='FORM_TYPE' type='hidden'><value>${type}</value></field>`
  return `<x xmlns='jabber:x:data' type='submit'>${typed}${rows.join('')}</x>`
}

/** A request to publish. */
export function publish(node: string, item: string, options?: Readonly<Record<string, string>>): string {
  const extra = options === undefined ? '' : `<publish-options>${form(PS.publishOptions, options)}</publish-options>`
  return pubsub(`<publish node='${node}'>${item}</publish>${extra}`)
}

/** A request for a node with a configuration. */
export function create(
  node: string,
  config?: Readonly<Record<string, string | readonly string[]>>,
  type?: string,
): string {
  const kind = type === undefined ? '' : ` type='${type}'`
  const extra = config === undefined ? '' : `<configure>${form(PS.config, config)}</configure>`
  return pubsub(`<create node='${node}'${kind}/>${extra}`)
}

/** An item with a text. */
export const note = (id: string, text: string) => `<item id='${id}'><note xmlns='urn:note'>${text}</note></item>`

/** The event that tells of items. */
export const event = (node: string, inner: string) =>
  `<event xmlns='${PS.event}'><items node='${node}'>${inner}</items></event>`

let count = 0

/** Shows a client with capabilities, answers the server's question, and waits until the server has them. */
export async function announces(client: Client, ...features: string[]): Promise<string> {
  const unique = `urn:test:pubsub:${process.pid}:${++count}`
  const all = [...features, unique].sort()
  const ver = createHash('sha1')
    .update(`client/pc//<${all.map((feature) => `${feature}<`).join('')}`)
    .digest('base64')
  const c = `<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:x' ver='${ver}'/>`
  client.sends(`<presence>${c}</presence>`)
  await answersCaps(client, all)
  return c
}

async function answersCaps(client: Client, features: readonly string[]): Promise<void> {
  const ns = 'http://jabber.org/protocol/disco#info'
  const { text } = await client.finds(
    `<iq type='get' id='{id}' from='{from}'><query xmlns='${ns}' node='{node}'/></iq>`,
  )
  const inner = features.map((feature) => `<feature var='${feature}'/>`).join('')
  client.sends(
    `<iq type='result' id='${text.id}' to='${text.from}'><query xmlns='${ns}' node='${text.node}'>` +
      `<identity category='client' type='pc'/>${inner}</query></iq>`,
  )
  await client.isHeard()
}

/** The error condition of pubsub in an answer. */
export function detailOf(answer: {
  child(name: string, ns?: string): { elements(): { ns: string; name: string }[] } | undefined
}): string | undefined {
  return answer
    .child('error', 'jabber:client')
    ?.elements()
    .find(({ ns }) => ns === PS.errors)?.name
}
