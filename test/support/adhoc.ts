import type { Client } from './client.ts'
import { escapeXml, type XmlNode } from './xml.ts'

export const commandsNs = 'http://jabber.org/protocol/commands'
export const formsNs = 'jabber:x:data'

/** A `<command/>` (XEP-0050). */
export function command(node: string, attributes: Record<string, string> = {}, inner = ''): string {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}='${escapeXml(value)}'`)
  return `<command xmlns='${commandsNs}' node='${escapeXml(node)}'${written.join('')}>${inner}</command>`
}

/** A form that is filled in. */
export function submitted(fields: Readonly<Record<string, string | readonly string[]>>): string {
  const written = Object.entries(fields).map(([name, value]) => {
    const values = typeof value === 'string' ? [value] : value
    return `<field var='${name}'>${values.map((text) => `<value>${escapeXml(text)}</value>`).join('')}</field>`
  })
  return `<x xmlns='${formsNs}' type='submit'>${written.join('')}</x>`
}

/** The values of a field of the form in a command. */
export function valuesOf(answer: XmlNode, name: string): string[] {
  const form = answer.child('x', formsNs)
  const field = form?.elements().find((node) => node.name === 'field' && node.attr('var') === name)
  return field?.elements().flatMap((node) => (node.name === 'value' ? [node.text()] : [])) ?? []
}

/** What a command with one form has answered, or how it was refused. */
export interface Execution {
  readonly to: string
  readonly refused?: string
}

/** Runs a command that asks with one form, or with none; answers with the last `<command/>`. */
export async function execute(
  client: Client,
  node: string,
  fields: Readonly<Record<string, string | readonly string[]>> | undefined,
  { to, refused }: Execution,
): Promise<XmlNode> {
  const isLast = fields === undefined
  const options = refused === undefined ? { to } : { to, refused }
  const first = (await client.asks(command(node), 'set', isLast ? options : { to })).child('command', commandsNs)
  if (isLast || first === undefined) return first as XmlNode
  const sessionid = first.attr('sessionid') ?? ''
  const answer = await client.asks(command(node, { action: 'complete', sessionid }, submitted(fields)), 'set', options)
  return answer.child('command', commandsNs) as XmlNode
}
