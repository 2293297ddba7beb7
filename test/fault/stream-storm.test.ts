import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crowdModules } from '../support/crowd.ts'
import { EnduringClient } from '../support/enduring-client.ts'
import { figures } from '../support/figures.ts'
import { plainSettings } from '../support/plain-server.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'

const many = Number(process.env.STORM_CLIENTS ?? 300)
let server: OwnTestServer

beforeAll(async () => {
  const limits = '\n[access]\nmax_user_sessions = [{ acl = "all", value = "infinity" }]\n'
  server = await startTestServer({ config: plainSettings({ more: crowdModules }) + limits })
  for (const name of ['storm', 'calm']) await server.registerUser(name, name)
})
afterAll(() => server.stop())

describe('a network that fails for everybody at once', () => {
  it(`lets ${many} clients go on together, each with what was kept for it`, async () => {
    const calm = new EnduringClient('calm', 'r', server.port)
    await calm.comes()
    const clients = Array.from({ length: many }, (_, i) => new EnduringClient('storm', `r${i}`, server.port))
    for (const client of clients) await client.comes()
    for (const client of clients) client.drops()
    for (let i = 0; i < many; i++) calm.sends(`storm@localhost/r${i}`, `storm:${i}`)
    await calm.until(() => calm.pending === 0)
    const begun = performance.now()
    await Promise.all(clients.map((client) => client.comes()))
    const seconds = (performance.now() - begun) / 1000
    await Promise.all(clients.map((client, i) => client.until(() => client.fate.received.includes(`storm:${i}`))))
    figures(`${many} streams resumed in ${seconds.toFixed(1)} s`)
    for (const { fate } of clients) {
      expect(fate).toMatchObject({ resumptions: 1, failures: 0, doubled: [] })
      expect(fate.received).toHaveLength(1)
    }
    expect(server.server.hostOf('localhost')?.sessions.size).toBe(many + 1)
    for (const client of [calm, ...clients]) client.drops()
  }, 240_000)
})
