import type { ConnectionOptions } from 'node:tls'
import { type OwnTestServer, startTestServer } from './server.ts'
import { mechanismsOf, openStream, sendAuth, toBase64 } from './sign-in.ts'
import { type Address, RawStream } from './stream.ts'
import { NS } from './xml.ts'

/** Starts our own server with one port for TLS from the first byte, and these sections besides. */
export function startAuthServer(sections: string, listener = ''): Promise<OwnTestServer> {
  const config = `
[general]
hosts = ["localhost"]
loglevel = "none"
registration_timeout = "infinity"

[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "tls"
${listener}

${sections}
[modules.mod_presence]
[modules.mod_roster]
[modules.mod_private]
`
  return startTestServer({ config })
}

/** A stream that is ready to authenticate, and what it was offered. */
export async function readyStream(
  address: Address,
  tls: ConnectionOptions = {},
): Promise<{ stream: RawStream; offered: string[] }> {
  const stream = await RawStream.connect(address, 'tls', tls)
  return { stream, offered: mechanismsOf(await openStream(stream)) }
}

/** Sends an initial response as text and takes what comes: `success`, `challenge`, or the condition of a failure. */
export async function attemptOn(stream: RawStream, mechanism: string, response: string): Promise<string> {
  sendAuth(stream, mechanism, response === '' ? '=' : toBase64(response))
  return outcomeOn(stream)
}

/** Takes the next answer to an authentication. */
export async function outcomeOn(stream: RawStream): Promise<string> {
  const item = await stream.next()
  if (item.kind !== 'element' || item.element.ns !== NS.sasl) throw stream.complain('an answer to SASL was expected')
  const { name } = item.element
  if (name !== 'failure') return name
  return item.element.elements().find((node) => node.name !== 'text')?.name ?? 'failure'
}

/** Tries to sign in on a connection of its own, and says what came of it. */
export async function attempt(
  address: Address,
  mechanism: string,
  response: string,
  tls: ConnectionOptions = {},
): Promise<string> {
  const { stream } = await readyStream(address, tls)
  try {
    return await attemptOn(stream, mechanism, response)
  } finally {
    stream.destroy()
  }
}

/** PLAIN, as text. */
export function plain(user: string, password: string): string {
  return `\0${user}\0${password}`
}

/** Opens the stream after success and binds a resource. Gives the full address. */
export async function bindOn(stream: RawStream, resource = 'test'): Promise<string> {
  await openStream(stream)
  stream.send(
    `<iq type='set' id='bind' xmlns='jabber:client'><bind xmlns='${NS.bind}'><resource>${resource}</resource></bind></iq>`,
  )
  const { text } = await stream.receives(
    `<iq type='result' id='bind'><bind xmlns='${NS.bind}'><jid>{jid}</jid></bind></iq>`,
  )
  return text.jid ?? ''
}
