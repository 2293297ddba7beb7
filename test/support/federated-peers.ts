import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Authority } from './certificates.ts'
import { Client } from './client.ts'
import { isAnswering, type PeerName, stopChild, streamHeader } from './peers.ts'
import { freePorts, program } from './services.ts'
import { registerInBand } from './target.ts'

/** Prosody or ejabberd as another server, which knows where ours is. */
export interface FederatedPeer {
  readonly domain: string
  readonly s2sPort: number
  /** Its log, for whoever wants to know why something failed. */
  log(): Promise<string>
  client(name: string, resource?: string): Promise<Client>
  stop(): Promise<void>
}

export interface FederatedPeerOptions {
  readonly authority: Authority
  /** Where ours is. */
  readonly known: { readonly domain: string; readonly port: number }
  /** Name server that tells it so, for ejabberd. */
  readonly dns: string
  readonly s2sPort: number
  /** How it proves who it is. */
  readonly by: 'certificate' | 'dialback'
}

interface Settings extends FederatedPeerOptions {
  readonly folder: string
  readonly domain: string
  readonly c2sPort: number
}

/** Prosody has no way to be told of a name server at another port. */
const knownServers = `module:set_global()
local service = require "net.resolvers.service"
local basic = require "net.resolvers.basic"
local known = module:get_option("known_servers", {})
local usual = service.new
service.new = function(hostname, name, conn_type, extra)
  local port = known[hostname]
  if port then return basic.new("127.0.0.1", port, conn_type, extra) end
  return usual(hostname, name, conn_type, extra)
end
`

async function launchProsody({ folder, domain, c2sPort, s2sPort, known, by }: Settings): Promise<ChildProcess> {
  await mkdir(join(folder, 'data'))
  await mkdir(join(folder, 'plugins'))
  await writeFile(join(folder, 'plugins', 'mod_known_servers.lua'), knownServers)
  const modules = [
    'disco',
    'roster',
    'saslauth',
    'tls',
    'dialback',
    'ping',
    'register',
    'presence',
    'message',
    'iq',
    'pep',
  ]
  const config = join(folder, 'prosody.cfg.lua')
  const trust = by === 'certificate' ? `cafile = "${folder}/ca.pem"; ` : ''
  await writeFile(
    config,
    `run_as_root = true
pidfile = "${folder}/prosody.pid"
data_path = "${folder}/data"
plugin_paths = { "${folder}/plugins" }
interfaces = { "127.0.0.1" }
c2s_ports = { ${c2sPort} }
s2s_ports = { ${s2sPort} }
c2s_direct_tls_ports = { }
s2s_direct_tls_ports = { }
http_ports = { }
https_ports = { }
modules_enabled = { ${[...modules, 's2s', 'known_servers'].map((name) => `"${name}"`).join('; ')} }
known_servers = { ["${known.domain}"] = ${known.port}; ["conference.${known.domain}"] = ${known.port}; ["pubsub.${known.domain}"] = ${known.port} }
allow_registration = true
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
s2s_require_encryption = true
s2s_secure_auth = ${by === 'certificate'}
authentication = "internal_hashed"
default_storage = "internal"
ssl = { certificate = "${folder}/cert.pem"; key = "${folder}/key.pem"; ${trust}}
log = { debug = "${folder}/peer.log" }
VirtualHost "${domain}"
Component "conference.${domain}" "muc"
`,
  )
  return spawn(program('prosody'), ['--config', config, '-F'], { cwd: folder, stdio: 'ignore' })
}

async function launchEjabberd({ folder, domain, c2sPort, s2sPort, dns, by }: Settings): Promise<ChildProcess> {
  const both = join(folder, 'both.pem')
  const parts = await Promise.all(['cert.pem', 'key.pem'].map((name) => readFile(join(folder, name), 'utf8')))
  await writeFile(both, parts.join(''))
  const [, port = ''] = dns.split(':')
  await writeFile(
    join(folder, 'inetrc'),
    `{resolv_conf, ""}.\n{hosts_file, ""}.\n{lookup, [dns]}.\n{nameserver, {127,0,0,1}, ${port}}.\n`,
  )
  const config = join(folder, 'ejabberd.yml')
  await writeFile(
    config,
    `loglevel: debug
log_rotate_count: 0
hosts: ["${domain}"]
certfiles: ["${both}"]
ca_file: "${by === 'certificate' ? `${folder}/ca.pem` : '/etc/ssl/certs/ca-certificates.crt'}"
s2s_use_starttls: ${by === 'certificate' ? 'required' : 'optional'}
auth_password_format: scram
registration_timeout: infinity
listen:
  - {port: ${c2sPort}, ip: "127.0.0.1", module: ejabberd_c2s, starttls: true, access: all, shaper: none}
  - {port: ${s2sPort}, ip: "127.0.0.1", module: ejabberd_s2s_in}
modules:
  mod_caps: {}
  mod_disco: {}
  mod_muc: {}
  mod_ping: {}
  mod_pubsub: {plugins: [flat, pep]}
  mod_register: {ip_access: all}
  mod_roster: {}
  mod_s2s_dialback: {}
`,
  )
  const env = {
    ...process.env,
    HOME: folder,
    EJABBERD_CONFIG_PATH: config,
    EJABBERD_LOG_PATH: join(folder, 'peer.log'),
    ERL_CRASH_DUMP: join(folder, 'crash.dump'),
    ERL_LIBS: '/usr/lib/x86_64-linux-gnu',
    ERL_INETRC: join(folder, 'inetrc'),
  }
  const flags = ['+K', 'true', '-noinput', '-mnesia', 'dir', `"${join(folder, 'spool')}"`, '-s', 'ejabberd']
  return spawn(program('erl'), flags, { cwd: folder, env, stdio: 'ignore' })
}

/** Starts one. */
export async function startFederatedPeer(name: PeerName, options: FederatedPeerOptions): Promise<FederatedPeer> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`))
  const domain = `${name}.test`
  await options.authority.issue(folder, [domain, `*.${domain}`])
  const [c2sPort = 0] = await freePorts(1)
  const launch = name === 'prosody' ? launchProsody : launchEjabberd
  const child = await launch({ ...options, folder, domain, c2sPort })
  const end = async () => {
    await stopChild(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await isAnswering(child, options.s2sPort)
    await isAnswering(child, c2sPort, streamHeader(domain))
  } catch (error) {
    const log = await readFile(join(folder, 'peer.log'), 'utf8').catch(() => 'no log')
    await end()
    throw new Error(`${name} did not start; its log ends with\n${log.slice(-2000)}`, { cause: error })
  }
  const address = { host: '127.0.0.1', port: c2sPort, tlsPort: 0, wsUrl: '', domain }
  const clients: Client[] = []
  return {
    domain,
    s2sPort: options.s2sPort,
    log: () => readFile(join(folder, 'peer.log'), 'utf8'),
    async client(local, resource) {
      await registerInBand(address, local, 'secret')
      const client = await Client.signIn(address, { local, password: 'secret' }, resource)
      clients.push(client)
      await client.isPresent()
      return client
    },
    async stop() {
      for (const client of clients) client.destroy()
      await end()
    },
  }
}
