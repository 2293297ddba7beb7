import { type OwnTestServer, startTestServer } from './server.ts'

/** A configuration with one bare TCP port for clients; further tables may follow. */
export function plainSettings({ c2s = '', more = '' }: { c2s?: string; more?: string } = {}): string {
  return `
[general]
hosts = ["localhost"]
registration_timeout = "infinity"
loglevel = "critical"

[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
max_stanza_size = 65536
${c2s}

[auth.password]
scram_iterations = 1
hash = ["sha"]

[modules.mod_presence]
[modules.mod_roster]
[modules.mod_offline]
[modules.mod_private]
[modules.mod_ping]
[modules.mod_disco]
${more}
`
}

/** Starts a server with that, and registers users whose password is their name. */
export async function startPlainServer(settings: string, users: readonly string[]): Promise<OwnTestServer> {
  const server = await startTestServer({ config: settings })
  for (const user of users) await server.registerUser(user, user)
  return server
}
