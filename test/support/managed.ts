import { Client } from './client.ts'
import { authenticate, type Credentials, openSecure } from './sign-in.ts'
import type { Address } from './stream.ts'
import type { TransportKind } from './transport.ts'

/** XEP-0198. */
export const sm = 'urn:xmpp:sm:3'

/** Has the server account for what goes on from now on; the id of the stream. */
export async function enable(client: Client, attributes = `resume='true'`): Promise<string> {
  client.send(`<enable xmlns='${sm}' ${attributes}/>`)
  const { element } = await client.finds(`<enabled xmlns='${sm}' {any}/>`)
  return element.attr('id') ?? ''
}

/** Asks how much the server has handled. */
export async function handled(client: Client): Promise<number> {
  client.send(`<r xmlns='${sm}'/>`)
  const { text } = await client.finds(`<a xmlns='${sm}' h='{h}'/>`)
  return Number(text.h)
}

/** Says how much has been handled. */
export function acknowledges(client: Client, h: number): void {
  client.send(`<a xmlns='${sm}' h='${h}'/>`)
}

/** A connection where somebody has signed in and not bound anything. */
export async function unbound(
  at: { readonly server: Address; readonly transport?: TransportKind },
  user: Credentials,
): Promise<Client> {
  const client = await Client.dial(at.server, { transport: at.transport ?? 'tcp' })
  client.features = await authenticate(client, user, await openSecure(client))
  return client
}

/** Goes on with a stream over another connection; what the server has handled of it. */
export async function resume(client: Client, previd: string, h: number): Promise<number> {
  client.send(`<resume xmlns='${sm}' previd='${previd}' h='${h}'/>`)
  const { text } = await client.receives(`<resumed xmlns='${sm}' previd='${previd}' h='{h}' {any}/>`)
  return Number(text.h)
}

/** Takes the next message and what it has for a body, whatever else of stream management stands before it. */
export async function nextBody(client: Client): Promise<string> {
  const { element } = await client.finds(`<message>{any}</message>`)
  return element.child('body')?.text() ?? ''
}
