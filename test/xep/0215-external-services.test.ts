import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { allModules } from '../../src/modules/all.ts'

import type { Client } from '../support/client.ts'
import { trusted, twoServers } from '../support/federated.ts'
import { FileServer } from '../support/file-server.ts'
import { baseConfig, ownServer } from '../support/own-server.ts'
import { SteppedClock } from '../support/stepped-clock.ts'
import { NS, type XmlNode } from '../support/xml.ts'

const ns = 'urn:xmpp:extdisco:2'
const discoInfo = `<query xmlns='http://jabber.org/protocol/disco#info'/>`
const services = (type = '') => `<services xmlns='${ns}'${type === '' ? '' : ` type='${type}'`}/>`
const credentials = (...asked: string[]) => `<credentials xmlns='${ns}'>${asked.join('')}</credentials>`

const section = `[modules.mod_extdisco]
[[modules.mod_extdisco.service]]
type = "stun"
host = "stun.example"
port = "3478"
transport = "udp"
[[modules.mod_extdisco.service]]
type = "turn"
host = "relay.example"
username = "guest"
password = "pass & word"
[[modules.mod_extdisco.service]]
type = "turn"
host = "relay.example"
port = 5349
transport = "tcp"
secret = "my shared secret"
[[modules.mod_extdisco.service]]
type = "board_game"
host = "192.0.2.1"
`
const stun = { type: 'stun', host: 'stun.example', port: '3478', transport: 'udp' }
const fixed = { type: 'turn', host: 'relay.example', username: 'guest', password: 'pass & word' }
const board = { type: 'board_game', host: '192.0.2.1' }

/** The attributes of each service in an answer. */
function told(answer: XmlNode, name = 'services'): Readonly<Record<string, string>>[] {
  const list = answer.child(name, ns)?.elements() ?? []
  expect(list.every((item) => item.name === 'service' && item.children.length === 0)).toBe(true)
  return list.map(({ attrs }) => ({ ...attrs }))
}

/** The error to a request, which does not repeat it. */
async function refusal(
  client: Client,
  payload: string,
  condition: string,
  type: 'get' | 'set' = 'get',
): Promise<string> {
  const answer = await client.asks(payload, type, { to: 'localhost', refused: condition })
  expect(answer.elements()).toHaveLength(1)
  return answer.child('error', NS.client)?.attr('type') ?? ''
}

describe('XEP-0215', () => {
  const clock = new SteppedClock(Date.UTC(2030, 0, 1))
  const own = ownServer(section, { clock })
  const made = (name: string, at = clock.now()) => {
    const username = `${at / 1000 + 3600}:${name}`
    return {
      ...{ type: 'turn', host: 'relay.example', port: '5349', transport: 'tcp', username },
      password: createHmac('sha1', 'my shared secret').update(username).digest('base64'),
      expires: new Date(at + 3_600_000).toISOString().replace('.000Z', 'Z'),
    }
  }

  it('§6 the domain announces it', async () => {
    const alice = await own.client('alice')
    expect(`${await alice.asks(discoInfo, 'get', { to: 'localhost' })}`).toContain(`var='${ns}'`)
    expect(`${await alice.asks(discoInfo, 'get', { to: alice.bare })}`).not.toContain(ns)
  })

  it('§3.1 all services are told in their order, with what is configured of each and nothing else', async () => {
    const alice = await own.client('alice')
    const answer = await alice.asks(services(), 'get', { to: 'localhost' })
    expect(answer.child('services', ns)?.attrs).toEqual({})
    expect(told(answer)).toEqual([stun, fixed, made('alice@localhost'), board])
  })

  it('§3.2 those of a type are told, under that type', async () => {
    const alice = await own.client('alice')
    const answer = await alice.asks(services('turn'), 'get', { to: 'localhost' })
    expect(answer.child('services', ns)?.attrs).toEqual({ type: 'turn' })
    expect(told(answer)).toEqual([fixed, made('alice@localhost')])
    expect(told(await alice.asks(services('board_game'), 'get', { to: 'localhost' }))).toEqual([board])
    const none = await alice.asks(services('stuns'), 'get', { to: 'localhost' })
    expect(none.child('services', ns)?.attrs).toEqual({ type: 'stuns' })
    expect(told(none)).toEqual([])
  })

  it('§3.3 credentials of one service, or of those at a host, are told', async () => {
    const alice = await own.client('alice')
    const ask = async (attributes: string) =>
      told(await alice.asks(credentials(`<service ${attributes}/>`), 'get', { to: 'localhost' }), 'credentials')
    expect(await ask(`type='turn' host='relay.example'`)).toEqual([fixed, made('alice@localhost')])
    expect(await ask(`type='turn' host='RELAY.example' port='5349'`)).toEqual([made('alice@localhost')])
    expect(await ask(`type='turn' host='stun.example'`)).toEqual([])
    expect(await ask(`type='turn'`)).toEqual([])
    expect(await ask(`type='ftp' host='relay.example'`)).toEqual([])
  })

  it('credentials made from a secret are those that a TURN server takes, for an hour and for who asks', async () => {
    const alice = await own.client('alice')
    const bob = await own.client('bob')
    const first = told(await alice.asks(services('turn'), 'get', { to: 'localhost' }))[1]
    expect(first?.['expires']).toBe('2030-01-01T01:00:00Z')
    expect(first?.['username']).toBe('1893459600:alice@localhost')
    clock.advance(1000)
    expect(told(await alice.asks(services('turn'), 'get', { to: 'localhost' }))[1]).toEqual(made('alice@localhost'))
    expect(told(await bob.asks(services('turn'), 'get', { to: 'localhost' }))[1]).toEqual(made('bob@localhost'))
  })

  it('bad-request: a type that nobody knows, no type, not exactly one service, another element', async () => {
    const alice = await own.client('alice')
    const service = `<service type='turn' host='relay.example'/>`
    for (const payload of [
      services('unknown_service'),
      credentials(`<service type='unknown_service' host='relay.example'/>`),
      credentials(`<service host='relay.example'/>`),
      credentials(),
      credentials(service, service),
      `<other xmlns='${ns}'/>`,
    ]) {
      expect(await refusal(alice, payload, 'bad-request')).toBe('modify')
    }
  })

  it('not-allowed: set', async () => {
    const alice = await own.client('alice')
    for (const payload of [services(), credentials(), `<other xmlns='${ns}'/>`]) {
      expect(await refusal(alice, payload, 'not-allowed', 'set')).toBe('cancel')
    }
  })

  it('the command tells the same, with credentials for the domain', async () => {
    const command = (input: object) => own.command('externalServices.getServices', input)
    const { expires, port, ...rest } = made('localhost')
    const relay = { ...rest, port: Number(port), expires: Date.parse(expires) / 1000 }
    expect(await command({ domain: 'localhost' })).toEqual([{ ...stun, port: 3478 }, fixed, relay, board])
    expect(await command({ domain: 'localhost', type: 'turn' })).toEqual([fixed, relay])
    expect(await command({ domain: 'localhost', type: 'unknown_service' })).toEqual([])
    await expect(command({ domain: 'other.example' })).rejects.toMatchObject({ code: 'domain_not_found' })
    await expect(command({ domain: 'localhost', type: '' })).rejects.toMatchObject({ code: 'input_coercion' })
  })
})

describe('mod_extdisco', () => {
  it('starts and stops with a reload, and takes over a changed list', async () => {
    const empty = '[modules.mod_extdisco]\n'
    await using file = await FileServer.start(baseConfig)
    const alice = await file.client('alice')
    const features = async () => `${await alice.asks(discoInfo, 'get', { to: 'localhost' })}`
    expect(await features()).not.toContain(ns)
    await alice.asks(services(), 'get', { to: 'localhost', refused: 'service-unavailable' })
    await file.reload(baseConfig + empty)
    expect(await features()).toContain(`var='${ns}'`)
    const none = await alice.asks(services(), 'get', { to: 'localhost' })
    expect(`${none.child('services', ns)}`).toBe(`<services xmlns='${ns}'/>`)
    const { applied } = await file.reload(baseConfig + section)
    expect(applied).toEqual(['modules.mod_extdisco.service'])
    expect(told(await alice.asks(services('stun'), 'get', { to: 'localhost' }))).toEqual([stun])
    await file.reload(baseConfig)
    expect(await features()).not.toContain(ns)
  })

  it('is served alike for every domain of a host type, also for one that comes later', async () => {
    const kinds = baseConfig.replace('hosts = ["localhost"]', 'hosts = ["localhost"]\nhost_types = ["kind"]')
    await using file = await FileServer.start(`${kinds}${section}[services.service_domain_db]\n`)
    await file.server.commands.run('domain.addDomain', { domain: 'late.example', hostType: 'kind' })
    const alice = await file.client('alice', file.address('c2s', 0, 'late.example'))
    expect(told(await alice.asks(services('stun'), 'get', { to: 'late.example' }))).toEqual([stun])
  })

  const faults: [string, string, RegExp][] = [
    ['a secret beside a password', 'type = "turn"\nhost = "a"\nsecret = "s"\npassword = "p"', /service\[0\].secret/],
    ['a secret beside a user name', 'type = "turn"\nhost = "a"\nsecret = "s"\nusername = "u"', /service\[0\].secret/],
    ['no host', 'type = "turn"', /service\[0\]\s.*required here: host/],
    ['no type', 'host = "a"', /service\[0\]\s.*required here: type/],
    ['no such port', 'type = "turn"\nhost = "a"\nport = "65536"', /service\[0\].port/],
    ['no such transport', 'type = "turn"\nhost = "a"\ntransport = "sctp"', /service\[0\].transport/],
  ]
  for (const [what, lines, message] of faults) {
    it(`does not start with ${what}`, () => {
      const text = `${baseConfig}[[modules.mod_extdisco.service]]\n${lines}\n`
      expect(() => parseConfig({ text, file: '/etc/meerkat.toml', modules: allModules, env: {} })).toThrow(message)
    })
  }
})

describe('mod_extdisco and other servers', () => {
  const servers = twoServers({ ...trusted, tables: section })

  it('not-allowed: credentials are not for users of other servers; services without any are', async () => {
    const bob = await servers.b.client('bob', 'y')
    const ask = (payload: string, refused?: string) =>
      bob.asks(payload, 'get', { to: 'a.test', ...(refused === undefined ? {} : { refused }) })
    expect(told(await ask(services('stun')))).toEqual([stun])
    await ask(services(), 'not-allowed')
    await ask(services('turn'), 'not-allowed')
    await ask(credentials(`<service type='turn' host='relay.example'/>`), 'not-allowed')
    expect(told(await bob.asks(services('turn'), 'get', { to: 'b.test' }))[0]).toEqual(fixed)
  })
})
