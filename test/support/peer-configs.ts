import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PeerSettings } from './peers.ts'

/** The largest stanza a client may send, the same for all servers under test. */
export const maxStanzaBytes = 65_536

const prosodyModules = [
  ...['disco', 'roster', 'saslauth', 'tls', 'private', 'ping', 'register', 'time', 'version', 'offline'],
  ...['presence', 'message', 'iq', 'websocket', 'posix', 'vcard', 'lastactivity', 'uptime', 'smacks', 'blocklist'],
  ...['carbons', 'csi', 'csi_simple', 'adhoc', 'pep', 'bookmarks'],
]

export function prosodyConfig({ folder, files, domain, strictDomain, archiveDomain, ports }: PeerSettings): string {
  return `run_as_root = true
pidfile = "${folder}/prosody.pid"
data_path = "${folder}/data"
certificates = "${folder}"
interfaces = { "127.0.0.1" }
c2s_ports = { ${ports.c2s} }
c2s_direct_tls_ports = { ${ports.tls} }
http_ports = { ${ports.http} }
http_interfaces = { "127.0.0.1" }
https_ports = { }
http_default_host = "${domain}"
consider_websocket_secure = true
modules_enabled = { ${prosodyModules.map((name) => `"${name}"`).join('; ')} }
modules_disabled = { "s2s" }
allow_registration = true
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
c2s_stanza_size_limit = ${maxStanzaBytes}
authentication = "internal_hashed"
default_storage = "internal"
ssl = { certificate = "${files.certificate}"; key = "${files.key}" }
log = { info = "${folder}/prosody.log" }
VirtualHost "${domain}"
VirtualHost "${archiveDomain}"
  modules_enabled = { "mam" }
  default_archive_policy = true
  max_archive_query_results = 50
VirtualHost "${strictDomain}"
  c2s_require_encryption = true
  allow_unencrypted_plain_auth = false
Component "conference.${domain}" "muc"
  name = "Chatrooms"
  modules_enabled = { "vcard_muc" }
`
}

export async function ejabberdConfig({ folder, files, domain, archiveDomain, ports }: PeerSettings): Promise<string> {
  const both = join(folder, 'both.pem')
  await writeFile(both, `${await readFile(files.certificate, 'utf8')}${await readFile(files.key, 'utf8')}`)
  const listener = (port: number, rest: string) =>
    `  - {port: ${port}, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: ${maxStanzaBytes}, shaper: none, access: all, ${rest}}`
  return `loglevel: warning
log_rotate_count: 0
hosts: ["${domain}", "${archiveDomain}"]
certfiles: ["${both}"]
auth_password_format: scram
registration_timeout: infinity
disable_sasl_mechanisms: ["digest-md5", "X-OAUTH2"]
listen:
${listener(ports.c2s, 'starttls: true')}
${listener(ports.tls, 'tls: true')}
${listener(ports.strict, 'starttls: true, starttls_required: true')}
  - {port: ${ports.http}, ip: "127.0.0.1", module: ejabberd_http, request_handlers: {/ws: ejabberd_http_ws}}
shaper_rules:
  max_user_sessions: 100
  max_user_offline_messages: 100
modules:
  mod_adhoc: {}
  mod_blocking: {}
  mod_caps: {}
  mod_carboncopy: {}
  mod_client_state: {}
  mod_disco: {}
  mod_last: {}
  mod_muc: {default_room_options: {max_users: 200}}
  mod_offline: {}
  mod_ping: {}
  mod_privacy: {}
  mod_pubsub:
    plugins: [flat, pep]
  mod_private: {}
  mod_register: {ip_access: all}
  mod_roster: {versioning: true}
  mod_sic: {}
  mod_stream_mgmt: {resume_timeout: 600}
  mod_time: {}
  mod_vcard: {search: false}
  mod_version: {}
append_host_config:
  "${archiveDomain}":
    modules:
      mod_mam: {default: always, request_activates_archiving: false}
`
}
