import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CertificateFiles, selfSignedCertificate } from './certificates.ts'
import { ejabberdConfig, prosodyConfig } from './peer-configs.ts'
import { freePorts, program } from './services.ts'
import type { Address } from './stream.ts'

export type PeerName = 'prosody' | 'ejabberd'

/** What a story needs to know of a peer that runs; plain data, so that it can be handed to worker threads. */
export interface PeerAddress extends Address {
  readonly tlsPort: number
  readonly wsUrl: string
  readonly strict: { readonly port: number; readonly domain: string }
  /** The domain whose accounts have an archive. */
  readonly archiveDomain: string
}

/** What a peer's configuration is made from. */
export interface PeerSettings {
  readonly folder: string
  readonly files: CertificateFiles
  readonly domain: string
  readonly strictDomain: string
  readonly archiveDomain: string
  readonly ports: { readonly c2s: number; readonly tls: number; readonly http: number; readonly strict: number }
}

/** Starts Prosody or ejabberd on free loopback ports with everything in a folder of its own. */
export async function startPeer(name: PeerName): Promise<{ address: PeerAddress; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`))
  const domain = 'stories.test'
  // Prosody requires TLS by host, ejabberd by port.
  const strictDomain = name === 'prosody' ? 'strict.test' : domain
  const archiveDomain = 'archive.test'
  const files = await selfSignedCertificate(folder, [domain, 'strict.test', archiveDomain])
  const [c2s = 0, tls = 0, http = 0, other = 0] = await freePorts(4)
  const ports = { c2s, tls, http, strict: name === 'prosody' ? c2s : other }
  const child = await launch[name]({ folder, files, domain, strictDomain, archiveDomain, ports })
  const stop = async () => {
    await stopChild(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    for (const port of [tls, http]) await isAnswering(child, port)
    await isAnswering(child, c2s, streamHeader(domain))
    await isAnswering(child, ports.strict, streamHeader(strictDomain))
  } catch (error) {
    await stopChild(child)
    throw new Error(`${name} did not start; its files are in ${folder}`, { cause: error })
  }
  const path = name === 'prosody' ? 'xmpp-websocket' : 'ws'
  const wsUrl = `ws://127.0.0.1:${http}/${path}`
  const strict = { port: ports.strict, domain: strictDomain }
  return { address: { host: '127.0.0.1', port: c2s, tlsPort: tls, wsUrl, domain, strict, archiveDomain }, stop }
}

const launch: Readonly<Record<PeerName, (settings: PeerSettings) => Promise<ChildProcess>>> = {
  async prosody(settings) {
    const config = join(settings.folder, 'prosody.cfg.lua')
    await mkdir(join(settings.folder, 'data'))
    await writeFile(config, prosodyConfig(settings))
    return spawn(program('prosody'), ['--config', config, '-F'], { cwd: settings.folder, stdio: 'ignore' })
  },
  async ejabberd(settings) {
    const { folder } = settings
    const config = join(folder, 'ejabberd.yml')
    await writeFile(config, await ejabberdConfig(settings))
    const env = {
      ...process.env,
      HOME: folder,
      EJABBERD_CONFIG_PATH: config,
      EJABBERD_LOG_PATH: join(folder, 'ejabberd.log'),
      ERL_CRASH_DUMP: join(folder, 'crash.dump'),
      ERL_LIBS: '/usr/lib/x86_64-linux-gnu',
    }
    const flags = ['+K', 'true', '-noinput', '-mnesia', 'dir', `"${join(folder, 'spool')}"`, '-s', 'ejabberd']
    return spawn(program('erl'), flags, { cwd: folder, env, stdio: 'ignore' })
  },
}

/** How long a peer may take to start, in ms: on a busy machine ejabberd needs more than half a minute. */
const patience = 90_000

/** What a client's stream begins with. */
export const streamHeader = (domain: string): string =>
  `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${domain}' version='1.0'>`

/**
 * Resolves when the port takes a connection and, if there is something to `say`, answers it: a peer may listen long before it
 * serves anybody. Rejects when the program ends first or takes too long.
 */
export async function isAnswering(child: ChildProcess, port: number, say?: string): Promise<void> {
  const end = Date.now() + patience
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`)
    if (await answers(port, say, end - Date.now())) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing answers on port ${port}`)
}

function answers(port: number, say: string | undefined, limit: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const end = (isAnswered: boolean) => {
      resolve(isAnswered)
      socket.destroy()
    }
    socket.setTimeout(limit, () => end(false))
    socket.once('connect', () => (say === undefined ? end(true) : socket.write(say)))
    socket.once('data', () => end(true))
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
  })
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(timer)
}
