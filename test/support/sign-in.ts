import { plainPayload, ScramClient } from './sasl.ts'
import type { RawStream } from './stream.ts'
import { NS, type XmlNode } from './xml.ts'

export interface Credentials {
  readonly local: string
  readonly password: string
}

/** Strongest first; the forms with channel binding are asked for by name only. */
const preferred = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN']

/** Opens a stream and, over TCP, makes it secure. Returns the features that offer authentication. */
export async function openSecure(stream: RawStream): Promise<XmlNode> {
  const features = await openStream(stream)
  if (stream.kind !== 'tcp') return features
  await startTls(stream)
  return openStream(stream)
}

/** Sends a header and takes the server's header and features. */
export async function openStream(stream: RawStream): Promise<XmlNode> {
  stream.open()
  await stream.receivesHeader()
  return stream.receivesFeatures()
}

/** Asks for TLS and makes the handshake. The next thing to send is a new header. */
export async function startTls(stream: RawStream): Promise<void> {
  stream.send(`<starttls xmlns='${NS.tls}'/>`)
  await stream.receives(`<proceed xmlns='${NS.tls}'/>`)
  await stream.bytes.secure({ servername: stream.address.domain })
}

/** The SASL mechanisms in a features element, in the order offered. */
export function mechanismsOf(features: XmlNode): string[] {
  const list = features.child('mechanisms', NS.sasl)
  return (
    list
      ?.elements()
      .filter((node) => node.name === 'mechanism')
      .map((node) => node.text()) ?? []
  )
}

/** Authenticates and opens the stream that follows. Returns its features. */
export async function authenticate(
  stream: RawStream,
  user: Credentials,
  features: XmlNode,
  mechanism?: string,
): Promise<XmlNode> {
  const offered = mechanismsOf(features)
  const chosen = mechanism ?? preferred.find((name) => offered.includes(name))
  if (!chosen) throw stream.complain(`no mechanism to use among ${offered.join(', ') || 'none'}`)
  if (chosen === 'PLAIN') {
    sendAuth(stream, chosen, plainPayload(user.local, user.password))
    await stream.receives(`<success xmlns='${NS.sasl}'/>`)
  } else await scram(stream, new ScramClient({ mechanism: chosen, user: user.local, password: user.password }), chosen)
  return openStream(stream)
}

/** Runs a whole SCRAM exchange and checks the server's signature. */
export async function scram(stream: RawStream, client: ScramClient, mechanism: string): Promise<void> {
  sendAuth(stream, mechanism, toBase64(client.first()))
  const challenge = await stream.receives(`<challenge xmlns='${NS.sasl}'>{data}</challenge>`)
  stream.send(`<response xmlns='${NS.sasl}'>${toBase64(client.final(fromBase64(challenge.text.data)))}</response>`)
  const success = await stream.receives(`<success xmlns='${NS.sasl}'>{data}</success>`)
  if (!client.isProven(fromBase64(success.text.data))) throw stream.complain('the server did not prove itself')
}

export function sendAuth(stream: RawStream, mechanism: string, payload: string): void {
  stream.send(`<auth xmlns='${NS.sasl}' mechanism='${mechanism}'>${payload}</auth>`)
}

export function toBase64(text: string): string {
  return Buffer.from(text).toString('base64')
}

export function fromBase64(text = ''): string {
  return Buffer.from(text, 'base64').toString()
}
