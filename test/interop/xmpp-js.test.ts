import { client, type Entity, jid, type XmlElement, xml } from '@xmpp/client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type Account, freshAccount } from '../support/accounts.ts'
import { Events } from '../support/events.ts'
import type { TestServer } from '../support/server.ts'
import { target } from '../support/target.ts'

type Way = 'xmpp' | 'ws'

const running: Entity[] = []

/** TLS of a test server is signed by itself; the library leaves the check to Node and offers no option for it over STARTTLS. */
function allowSelfSigned(): () => void {
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  return () => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
  }
}

async function signIn(
  server: TestServer,
  account: Account,
  way: Way,
): Promise<{ entity: Entity; stanzas: Events<XmlElement>; address: string }> {
  const service = way === 'ws' ? server.wsUrl : `xmpp://${server.host}:${server.port}`
  const entity = client({
    service,
    domain: server.domain,
    username: account.local,
    password: account.password,
    resource: 'js',
  })
  running.push(entity)
  const stanzas = new Events<XmlElement>()
  entity.on('stanza', (stanza: XmlElement) => stanzas.add(stanza))
  entity.on('error', () => {})
  const restore = allowSelfSigned()
  const address = String(await entity.start().finally(restore))
  return { entity, stanzas, address }
}

describe('@xmpp/client', () => {
  // The library expects the WebSocket of browsers, which Node has from version 22 on.
  const before = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket')
  beforeAll(() => {
    Object.defineProperty(globalThis, 'WebSocket', { value: WebSocket, configurable: true, writable: true })
  })
  afterAll(() => {
    if (before) Object.defineProperty(globalThis, 'WebSocket', before)
    else Reflect.deleteProperty(globalThis, 'WebSocket')
  })

  afterEach(async () => {
    for (const entity of running.splice(0)) await entity.stop()
  })

  for (const way of ['xmpp', 'ws'] as const) {
    it(`signs in over ${way}, asks, and talks`, async () => {
      const server = await target()
      const [romeo, julia] = [await freshAccount(server, 'romeo'), await freshAccount(server, 'julia')]
      const [one, two] = [await signIn(server, romeo, way), await signIn(server, julia, way)]
      expect(String(jid(one.address).bare())).toBe(romeo.jid)
      for (const { entity, stanzas, address } of [one, two]) {
        await entity.send(xml('presence'))
        await stanzas.when('the own presence', (stanza) => stanza.is('presence') && stanza.attrs.from === address)
      }

      const roster = await one.entity.iqCaller.get(xml('query', 'jabber:iq:roster'))
      expect(roster?.name).toBe('query')
      await one.entity.send(xml('message', { to: julia.jid, type: 'chat' }, xml('body', {}, 'It is the east 🌅')))
      const heard = await two.stanzas.when('the message', (stanza) => stanza.is('message'))
      expect(heard.attrs.from).toBe(one.address)
      expect(heard.getChildText('body')).toBe('It is the east 🌅')

      await two.entity.send(xml('presence', { to: romeo.jid, type: 'subscribe' }))
      await one.stanzas.when('the request', (stanza) => stanza.is('presence') && stanza.attrs.type === 'subscribe')
      await one.entity.send(xml('presence', { to: julia.jid, type: 'subscribed' }))
      await two.stanzas.when('the presence', (stanza) => stanza.is('presence') && stanza.attrs.from === one.address)
    }, 60_000)
  }

  it('loses its connection and goes on with its stream', async () => {
    const server = await target()
    const [romeo, julia] = [await freshAccount(server, 'romeo'), await freshAccount(server, 'julia')]
    const [one, two] = [await signIn(server, romeo, 'xmpp'), await signIn(server, julia, 'xmpp')]
    await one.entity.send(xml('presence'))
    await one.stanzas.when('the own presence', (stanza) => stanza.is('presence'))
    const fates = new Events<string>()
    for (const fate of ['resumed', 'fail'] as const) one.entity.streamManagement.on(fate, () => fates.add(fate))
    const restore = allowSelfSigned()
    const { socket } = one.entity
    ;(socket.socket ?? socket).destroy?.()
    await two.entity.send(xml('message', { to: one.address, type: 'chat' }, xml('body', {}, 'Are you there?')))
    expect(await fates.when('the resumption', () => true).finally(restore)).toBe('resumed')
    const heard = await one.stanzas.when('the message', (stanza) => stanza.is('message'))
    expect(heard.getChildText('body')).toBe('Are you there?')
  }, 60_000)

  it('is refused with a wrong password', async () => {
    const server = await target()
    const romeo = await freshAccount(server, 'romeo')
    await expect(signIn(server, { ...romeo, password: 'wrong' }, 'ws')).rejects.toThrow(/not-authorized/)
  })
})
