import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configFor } from '../../src/config/host-config.ts'
import { parseConfig } from '../../src/config/load.ts'
import { allModules } from '../../src/modules/all.ts'
import { selfSignedCertificate } from '../support/certificates.ts'
import { Client } from '../support/client.ts'
import { ask, basic } from '../support/http-ask.ts'
import { RedisServer } from '../support/redis-server.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { suiteNeeding } from '../support/services.ts'

const fileOf = (name: string) => fileURLToPath(new URL(`./stock-files/${name}.toml`, import.meta.url))
const textOf = (name: string) => readFileSync(fileOf(name), 'utf8')
const load = (name: string) => parseConfig({ text: textOf(name), file: fileOf(name), modules: allModules, env: {} })

describe.each(['generation-4.0', 'generation-6'])('a site of %s', (name) => {
  it('loads as it is, with a notice for whatever has no effect', () => {
    const { config, notices } = load(name)
    expect(config.general.hosts[0]).toBe('localhost')
    expect(config.modules).toHaveProperty('mod_roster')
    expect(config.listen.component).toHaveLength(1)
    expect(config.listen.http).not.toHaveLength(0)
    const said = new Set(notices.map(({ what }) => what))
    expect([...said]).toEqual(expect.arrayContaining(['no_effect', 'plain_without_tls']))
    expect(said.has('not_built_yet')).toBe(false)
  })
})

describe('a site of generation-4.0, once it is read', () => {
  it('has the newest names', () => {
    const { config } = load('generation-4.0')
    expect(config.listen.http[0]?.handlers.mongoose_websocket_handler).toHaveLength(1)
    expect(config.listen.http[1]?.tls?.verify_mode).toBe('none')
    expect(config.auth.password.scram_iterations).toBe(10_000)
    expect(config.shaper['normal']?.max_rate).toBe(1000)
    expect(config.general.domain_certfile.map(({ domain }) => domain)).toEqual(['other.example'])
    expect(config.modules['mod_private']?.iqdisc).toEqual({ type: 'queues', workers: 4 })
    // Of that generation: merged key by key.
    expect(configFor(config, 'other.example').auth).toMatchObject({ methods: ['internal'], max_users_per_domain: 1000 })
    expect(Object.keys(configFor(config, 'other.example').modules)).not.toContain('mod_private')
  })
})

suiteNeeding(['redis-server'], 'a server with one of these files', () => {
  let folder = ''
  let redis: RedisServer
  let server: OwnTestServer | undefined

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'meerkat-stock-'))
    redis = await RedisServer.start()
    const { certificate, key } = await selfSignedCertificate(folder, ['localhost', 'other.example'])
    writeFileSync(join(folder, 'server.pem'), readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'))
  })

  afterAll(async () => {
    await redis?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** With ports that are free, on loopback only, and the Redis that there is; everything else is as it stands. */
  async function start(name: string): Promise<OwnTestServer> {
    const { port, password } = redis
    const connection = `connection = { host = "127.0.0.1", port = ${port}, password = "${password}" }`
    const config = textOf(name)
      .replaceAll(/^ip_address = .*\n/gm, '')
      .replaceAll(/^port = \d+$/gm, 'port = 0\nip_address = "127.0.0.1"')
      .replace(/^\[outgoing_pools\.redis\.global_distrib\]$/m, `$&\n${connection}`)
    const site = mkdtempSync(join(folder, 'site-'))
    copyFileSync(join(folder, 'server.pem'), join(site, 'server.pem'))
    server = await startTestServer({ config, folder: site })
    return server
  }

  const portThatServes = (what: string) =>
    server?.server.ports.find(({ speaks }) => speaks.includes(what))?.port ?? Number.NaN

  it.each([
    ['generation-4.0', ['admin API /api', 'client API /api/messages', 'BOSH /http-bind', 'components']],
    ['generation-6', ['GraphQL (admin) /api/graphql', 'metrics /metrics', 'BOSH /http-bind', 'components']],
  ])('%s serves clients, components and its APIs', async (name, serves) => {
    const running = await start(name)
    try {
      for (const what of serves) expect(portThatServes(what), what).toBeGreaterThan(0)
      await running.registerUser('kim', 'secret')
      const client = await Client.signIn(running, { local: 'kim', password: 'secret' }, 'desk')
      expect(client.jid).toBe('kim@localhost/desk')
      if (name === 'generation-4.0') {
        const headers = { host: 'localhost', ...basic('ala:makotaipsa') }
        const { json } = await ask(portThatServes('admin API'), 'GET /api/users/localhost', { headers })
        expect(json).toEqual(['kim@localhost'])
      } else {
        const headers = { host: 'localhost', 'content-type': 'application/json', ...basic('admin:secret') }
        const body = JSON.stringify({ query: '{ session { countSessions } }' })
        const { json } = await ask(portThatServes('GraphQL'), 'POST /api/graphql', { headers, body })
        expect(json).toEqual({ data: { session: { countSessions: 1 } } })
      }
      await client.leaves()
    } finally {
      await running.stop()
    }
  })
})
