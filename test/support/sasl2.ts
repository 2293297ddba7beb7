import { ScramClient } from './sasl.ts'
import { type Credentials, fromBase64, toBase64 } from './sign-in.ts'
import type { RawStream } from './stream.ts'
import type { XmlNode } from './xml.ts'

export const sasl2 = 'urn:xmpp:sasl:2'

/** The user-agent of most stories. */
export const agentId = 'd4565fa7-4d72-4749-b3d3-740edbf87770'

export interface Sasl2Options {
  readonly mechanism?: string
  /** The id of the user-agent; none without. */
  readonly agent?: string
  /** Other children of `<authenticate/>`. */
  readonly inline?: string
}

/** What SASL2 offers among the features (XEP-0388 §2.1). */
export function offerOf(features: XmlNode): XmlNode | undefined {
  return features.child('authentication', sasl2)
}

/** The mechanisms in SASL2's offer. */
export function sasl2Mechanisms(features: XmlNode): string[] {
  const nodes = offerOf(features)?.elements() ?? []
  return nodes.filter((node) => node.name === 'mechanism').map((node) => node.text())
}

/** What can be asked for together with authentication. */
export function inlineOf(features: XmlNode): XmlNode | undefined {
  return offerOf(features)?.child('inline')
}

/** Sends `<authenticate/>`; the payload is text, not base64. */
export function sendAuthenticate(
  stream: RawStream,
  mechanism: string,
  payload: string | Buffer | undefined,
  options: Sasl2Options = {},
): void {
  const { agent, inline = '' } = options
  const initial =
    payload === undefined
      ? ''
      : `<initial-response>${Buffer.from(payload).toString('base64') || '='}</initial-response>`
  const userAgent =
    agent === undefined
      ? ''
      : `<user-agent id='${agent}'><software>Stories</software><device>Bench</device></user-agent>`
  stream.send(`<authenticate xmlns='${sasl2}' mechanism='${mechanism}'>${initial}${userAgent}${inline}</authenticate>`)
}

/** Authenticates from features to `<success/>`, which it returns. The server's signature is checked. */
export async function authenticate2(
  stream: RawStream,
  user: Credentials,
  options: Sasl2Options = {},
): Promise<XmlNode> {
  const { mechanism = 'SCRAM-SHA-256' } = options
  if (mechanism === 'PLAIN') {
    sendAuthenticate(stream, mechanism, `\0${user.local}\0${user.password}`, options)
    return (await stream.receives(`<success xmlns='${sasl2}'>{any}</success>`)).element
  }
  const client = await proveScram(stream, user, options)
  const success = (await stream.receives(`<success xmlns='${sasl2}'>{any}</success>`)).element
  const data = success.child('additional-data')?.text()
  if (!client.isProven(fromBase64(data))) throw stream.complain('the server did not prove itself')
  return success
}

/** Plays SCRAM up to the client's last word. */
export async function proveScram(
  stream: RawStream,
  user: Credentials,
  options: Sasl2Options = {},
): Promise<ScramClient> {
  const { mechanism = 'SCRAM-SHA-256' } = options
  const client = new ScramClient({ mechanism, user: user.local, password: user.password })
  sendAuthenticate(stream, mechanism, client.first(), options)
  const challenge = await stream.receives(`<challenge xmlns='${sasl2}'>{data}</challenge>`)
  const final = client.final(fromBase64(challenge.text.data))
  stream.send(`<response xmlns='${sasl2}'>${toBase64(final)}</response>`)
  return client
}

/** The identity that a success tells. */
export function identityOf(success: XmlNode): string {
  return success.child('authorization-identifier')?.text() ?? ''
}
