import { beforeEach, expect } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import type { AnyModule } from '../../src/module/define.ts'
import { personalData } from '../../src/router/events.ts'
import type { Client } from './client.ts'
import { type OwnServer, ownServer } from './own-server.ts'
import { enablePush, notified, pushApp, refusals } from './push-app.ts'

/** A server with push notifications, and what a test does with it. */
export interface PushServer {
  readonly own: OwnServer
  /** A new name. */
  fresh(name: string): string
  /** Somebody who has enabled these nodes and takes no messages any more. */
  away(...enabled: readonly string[]): Promise<Client>
  /** Whom others are written to by. */
  sender(): Promise<Client>
  /** What is kept of a user: `service node options`. */
  registered(user: string): Promise<string[]>
  /** `node: text` of all that has come by the time that somebody who is away has been notified of a last message. */
  toldOf(): Promise<string[]>
}

/** Starts it for the tests of the surrounding block; `more` begins within `[modules.mod_event_pusher.push]`. */
export function pushServer(more = '', modules: readonly AnyModule[] = []): PushServer {
  const own = ownServer(
    `
[modules.mod_muc]
[modules.mod_offline]
[modules.mod_carboncopy]
[modules.mod_stream_management]
[modules.mod_test_push_app]
[modules.mod_event_pusher.push]
${more}`,
    { modules: [pushApp, ...modules] },
  )
  beforeEach(() => {
    notified.length = 0
    refusals.clear()
  })
  let count = 0
  const fresh = (name: string) => `${name}${count++}`
  const away: PushServer['away'] = async (...enabled) => {
    const client = await own.client(fresh('bob'), 'phone')
    for (const request of enabled) await client.asks(request, 'set')
    client.sends(`<presence type='unavailable'/>`)
    await client.isHeard()
    return client
  }
  const sender = () => own.client(fresh('alice'), 'pc')
  return {
    ...{ own, fresh, away, sender },
    registered: async (user) => {
      const host = own.server.server.hostOf('localhost')
      const parts = (await host?.hooks.gather(personalData, { host, user: Jid.parse(user) })) ?? []
      const { rows = [] } = parts.find(({ name }) => name === 'push') ?? {}
      return rows.map((row) => `${row['service']} ${row['node']} ${row['options']}`)
    },
    toldOf: async () => {
      const last = await away(enablePush('last'))
      const alice = await sender()
      alice.sends(`<message type='chat' to='${last.bare}'><body>last</body></message>`)
      await expect.poll(() => notified.some(({ node }) => node === 'last')).toBe(true)
      const told = notified.filter(({ node }) => node !== 'last')
      return told
        .map(({ node, fields }) => `${node}: ${fields['last-message-body'] ?? fields['jingle-message']}`)
        .sort()
    },
  }
}

/** A message that somebody may be notified of. */
export function chat(to: string, body: string, inner = ''): string {
  return `<message type='chat' to='${to}' id='${body}'><body>${body}</body>${inner}</message>`
}
