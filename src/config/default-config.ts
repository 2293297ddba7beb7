/** Modules that the built-in configuration turns on, each with what stands in its table. */
const defaultModules: Readonly<Record<string, string>> = {
  mod_presence: '',
  mod_roster: '',
  mod_disco: '',
  mod_sasl2: '',
  mod_bind2: '',
  mod_fast_auth_token: '',
  mod_stream_management: '',
  mod_csi: '',
  mod_carboncopy: '',
  mod_offline: '',
  mod_mam: '[modules.mod_mam.pm]\n[modules.mod_mam.muc]',
  mod_muc: '',
  mod_pubsub: 'plugins = ["flat", "pep"]',
  mod_caps: '',
  mod_vcard: '',
  mod_private: '',
  mod_blocking: '',
  mod_adhoc: '',
  mod_last: '',
  mod_ping: '',
  mod_time: '',
  mod_version: '',
}

/**
 * The configuration of a server that nobody has configured: one domain, everything on this machine only, no
 * registration. It is what the first start writes, so that there is a place to edit.
 *
 * @param modules names of the modules that exist; others are left out
 */
export function defaultConfig(modules: Iterable<string>): string {
  const existing = new Set(modules)
  const tables = Object.entries(defaultModules)
    .filter(([name]) => existing.has(name))
    .map(([name, content]) => `[modules.${name}]${content === '' ? '' : `\n${content}`}`)
  return `${settings}
# What the server can do. Every option is in docs/options.md.
${tables.join('\n')}
`
}

const settings = `# Meerkat reads this file when it starts. Check a change with: meerkat config check

[general]
hosts = ["localhost"]
loglevel = "info"
# data_dir = "data"

# XMPP clients. Only this machine may connect while the certificate is self-signed: to open the server, set certfile
# and keyfile (in both tables) and remove ip_address.
[[listen.c2s]]
port = 5222
ip_address = "127.0.0.1"
access = "c2s"
max_stanza_size = 65536
tls.mode = "starttls_required"
# tls.certfile = "cert.pem"
# tls.keyfile = "key.pem"

[[listen.c2s]]
port = 5223
ip_address = "127.0.0.1"
access = "c2s"
max_stanza_size = 65536
tls.mode = "tls"
# tls.certfile = "cert.pem"
# tls.keyfile = "key.pem"

# XMPP over WebSocket, the web chat at http://localhost:5280/chat/, and health.
[[listen.http]]
port = 5280
ip_address = "127.0.0.1"

[[listen.http.handlers.mongoose_websocket_handler]]
path = "/ws-xmpp"
access = "c2s"
max_stanza_size = 65536

[[listen.http.handlers.webchat_handler]]
path = "/chat/"

[[listen.http.handlers.host_meta_handler]]
path = "/.well-known"

[[listen.http.handlers.health_handler]]
path = "/health"

[auth]
methods = ["internal"]

# Who is who, and who may do what. To shut somebody out: blocked = [{ user = "name" }]
[acl]
blocked = [{ match = "none" }]

[access]
c2s = [{ acl = "blocked", value = "deny" }, { acl = "all", value = "allow" }]
max_user_sessions = [{ acl = "all", value = 10 }]
max_user_offline_messages = [{ acl = "all", value = 100 }]

# Limits of traffic in bytes a second; a listener uses one with: shaper = "normal"
[shaper]
normal.max_rate = 16384
fast.max_rate = 50000
`
