import { inject } from 'vitest'
import { Client } from './client.ts'
import { type DatabaseKind, freshDatabase } from './databases.ts'
import type { PeerAddress, PeerName } from './peers.ts'
import { startTestServer, type TestServer } from './server.ts'
import { openSecure } from './sign-in.ts'
import { NS } from './xml.ts'

declare module 'vitest' {
  interface ProvidedContext {
    peer: PeerAddress | undefined
  }
}

/** Whom the stories are told to. `other` is a running server named as `TARGET=host:port`. */
export type TargetName = 'meerkat' | PeerName | 'other'

export function targetName(): TargetName {
  const wanted = process.env.TARGET ?? ''
  if (wanted === '') return 'meerkat'
  return wanted === 'prosody' || wanted === 'ejabberd' ? wanted : 'other'
}

const started = new Map<DatabaseKind, Promise<TestServer>>()

/** The server under test, started when first asked for and shared by the stories of one worker. */
export function target(kind: DatabaseKind = 'sqlite'): Promise<TestServer> {
  let server = started.get(kind)
  if (server === undefined) {
    server = kind === 'sqlite' ? findTarget() : startOn(kind)
    started.set(kind, server)
  }
  return server
}

async function startOn(kind: DatabaseKind, more?: string): Promise<TestServer> {
  const address = kind === 'sqlite' ? undefined : await freshDatabase(kind)
  const database = address === undefined || address.kind === 'sqlite' ? {} : { database: address }
  return startTestServer({ ...database, ...(more === undefined ? {} : { more }) })
}

const archiving = new Map<DatabaseKind, Promise<TestServer>>()

/** What makes an archive of ours. */
const archiveModules = `
[modules.mod_mam]
user_prefs_store = "rdbms"
[modules.mod_mam.pm]
`

/** The server under test where accounts have an archive. */
export function archivingTarget(kind: DatabaseKind = 'sqlite'): Promise<TestServer> {
  let server = archiving.get(kind)
  if (server === undefined) {
    server = targetName() === 'meerkat' ? startOn(kind, archiveModules) : findArchive()
    archiving.set(kind, server)
  }
  return server
}

async function findArchive(): Promise<TestServer> {
  const peer = inject('peer')
  if (!peer) return target()
  const address = { ...peer, domain: peer.archiveDomain }
  return { ...address, registerUser: (user, password) => registerInBand(address, user, password) }
}

async function findTarget(): Promise<TestServer> {
  const name = targetName()
  if (name === 'meerkat') return startTestServer()
  const peer = inject('peer')
  if (peer) return { ...peer, registerUser: (user, password) => registerInBand(peer, user, password) }
  return runningServer(process.env.TARGET ?? '')
}

/** `TARGET=host:port`, with `TARGET_DOMAIN`, `TARGET_TLS_PORT`, `TARGET_WS` and `TARGET_CHAT` where they differ from the usual. */
function runningServer(where: string): TestServer {
  const [host = 'localhost', port = '5222'] = where.split(':')
  const { TARGET_DOMAIN, TARGET_TLS_PORT = '5223', TARGET_WS, TARGET_CHAT } = process.env
  const address = {
    host,
    port: Number(port),
    tlsPort: Number(TARGET_TLS_PORT),
    wsUrl: TARGET_WS ?? `ws://${host}:5280/ws-xmpp`,
    domain: TARGET_DOMAIN ?? host,
    chatUrl: TARGET_CHAT,
  }
  return {
    ...address,
    registerUser: (user, password) => registerInBand(address, user, password),
    removeUser: (user, password) => removeInBand(address, user, password),
  }
}

/** XEP-0077 before authentication. */
export async function registerInBand(
  address: TestServer | PeerAddress | Omit<TestServer, 'registerUser'>,
  user: string,
  password: string,
) {
  const client = await Client.dial(address)
  await openSecure(client)
  const fields = `<username>${user}</username><password>${password}</password>`
  await client.asks(`<query xmlns='${NS.register}'>${fields}</query>`, 'set', { to: address.domain })
  client.destroy()
}

async function removeInBand(address: Omit<TestServer, 'registerUser'>, local: string, password: string): Promise<void> {
  const client = await Client.signIn(address, { local, password }, undefined)
  await client.asks(`<query xmlns='${NS.register}'><remove/></query>`, 'set')
  client.destroy()
}
