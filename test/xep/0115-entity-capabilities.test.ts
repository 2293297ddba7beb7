import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { capsApi, capsRecognised } from '../../src/modules/caps/api.ts'
import { Stanza } from '../../src/stanza/stanza.ts'
import { parseElement } from '../../src/xml/parse.ts'
import type { Client } from '../support/client.ts'
import { ownServer } from '../support/own-server.ts'
import { story } from '../support/story.ts'
import type { XmlNode } from '../support/xml.ts'

const v1 = 'http://jabber.org/protocol/caps'
const v2 = 'urn:xmpp:caps'
const hashes = 'urn:xmpp:hashes:2'
const disco = 'http://jabber.org/protocol/disco#info'
const info = (node?: string) => `<query xmlns='${disco}'${node === undefined ? '' : ` node='${node}'`}/>`
const ours = {
  prosody: 'does not ask clients, and speaks only XEP-0115',
  ejabberd: 'does not ask clients, and speaks only XEP-0115',
}

/** The content of an answer, in an order of its own. */
const contentOf = (answer: XmlNode) => answer.child('query', disco)?.elements().map(String).sort()

/** A client software that has one feature. */
function software(feature: string) {
  const content = `<identity category='client' type='pc'/><feature var='${feature}'/>`
  const ver = createHash('sha1').update(`client/pc//<${feature}<`).digest('base64')
  const input = `${feature}\x1f\x1cclient\x1fpc\x1f\x1f\x1f\x1e\x1c\x1c`
  const hash = createHash('sha256').update(input).digest('base64')
  const node = 'https://client.example'
  return {
    content,
    v1: `<c xmlns='${v1}' hash='sha-1' node='${node}' ver='${ver}'/>`,
    v2: `<c xmlns='${v2}'><hash xmlns='${hashes}' algo='sha-256'>${hash}</hash></c>`,
    nodeV1: `${node}#${ver}`,
    nodeV2: `urn:xmpp:caps#sha-256.${hash}`,
  }
}

let count = 0
const fresh = () => software(`urn:test:${process.pid}:${++count}+notify`)

/** Takes the question of the server and answers it. */
async function answers(client: Client, node: string, content: string): Promise<void> {
  const { text } = await client.finds(
    `<iq type='get' id='{id}' from='${client.address.domain}'><query xmlns='${disco}' node='${node}'/></iq>`,
  )
  client.sends(
    `<iq type='result' id='${text.id}' to='${client.address.domain}'><query xmlns='${disco}' node='${node}'>${content}</query></iq>`,
  )
}

describe('the capabilities of the server', () => {
  story(
    'XEP-0115 §6.2 and XEP-0390 §5.2 stream features announce them, and disco#info of the node tells them',
    { over: 'every', differs: ours },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      const plain = contentOf(await pc.asks(info(), 'get', { to: server.domain }))
      const first = pc.features.child('c', v1)
      const [node, ver] = [first?.attr('node') ?? '', first?.attr('ver') ?? '']
      expect(first?.attr('hash')).toBe('sha-1')
      const hash = pc.features.child('c', v2)?.child('hash', hashes)
      expect(hash?.attr('algo')).toBe('sha-256')
      for (const name of [`${node}#${ver}`, `urn:xmpp:caps#sha-256.${hash?.text()}`]) {
        const answer = await pc.asks(info(name), 'get', { to: server.domain })
        expect(answer.child('query', disco)?.attr('node')).toBe(name)
        expect(contentOf(answer)).toEqual(plain)
        const other = name.replace(/.=$/, (end) => (end === 'A=' ? 'B=' : 'A='))
        await pc.asks(info(other), 'get', { to: server.domain, refused: 'item-not-found' })
      }
      for (const name of [`https://other.example#${ver}`, `urn:xmpp:caps#md5.${hash?.text()}`, `urn:xmpp:caps#`]) {
        await pc.asks(info(name), 'get', { to: server.domain, refused: 'item-not-found' })
      }
      for (const feature of [
        v1,
        v2,
        hashes,
        'urn:xmpp:hash-function-text-names:sha3-512',
        'urn:xmpp:hash-function-text-names:id-blake2b512',
      ]) {
        expect(plain?.join('')).toContain(`var='${feature}'`)
      }
    },
  )
})

describe('the capabilities of clients', () => {
  story(
    'XEP-0115 §6.2 an unknown hash is asked for once, whoever has it',
    { differs: ours },
    async ({ alice, bob }) => {
      const { content, nodeV1, v1: c } = fresh()
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      pc.sends(`<presence>${c}</presence>`)
      await answers(pc, nodeV1, content)
      await pc.drains()
      for (const client of [pc, bobs]) {
        client.sends(`<presence><show>away</show>${c}</presence>`)
        await client.receives(`<presence from='${client.jid}'>{any}</presence>`)
        await client.receivesNothing()
      }
    },
  )

  story(
    'a wrong answer does not count: the next presence is asked about again',
    { differs: ours },
    async ({ alice }) => {
      const { content, nodeV1, v1: c } = fresh()
      const pc = await alice.client('pc')
      pc.sends(`<presence>${c}</presence>`)
      await answers(pc, nodeV1, `${content}<feature var='urn:more'/>`)
      await pc.drains()
      pc.sends(`<presence>${c}</presence>`)
      await answers(pc, nodeV1, content)
      await pc.drains()
      pc.sends(`<presence>${c}</presence>`)
      expect((await pc.drains()).map((stanza) => stanza.name)).toEqual(['presence'])
    },
  )

  story(
    'directed presence is not looked at, nor an announcement that cannot be checked',
    { differs: { ejabberd: ours.ejabberd, prosody: 'asks whoever announces anything' } },
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      pc.sends(`<presence to='${bobs.jid}'>${fresh().v1}</presence>`)
      await bobs.receives(`<presence from='${pc.jid}'>{any}</presence>`)
      for (const c of [
        `<c xmlns='${v1}' node='https://old.example' ver='1.0' ext='a'/>`,
        `<c xmlns='${v1}' hash='md5' node='n' ver='v'/>`,
      ]) {
        pc.sends(`<presence>${c}</presence>`)
        await pc.receives(`<presence from='${pc.jid}'>{any}</presence>`)
      }
      await pc.receivesNothing()
    },
  )

  story(
    'XEP-0390 §5.5 a client that speaks only the newer protocol is asked by its node',
    { differs: ours },
    async ({ alice }) => {
      const { content, nodeV2, v2: c } = fresh()
      const pc = await alice.client('pc')
      pc.sends(`<presence>${c}</presence>`)
      await answers(pc, nodeV2, content)
      await pc.drains()
      pc.sends(`<presence>${c}</presence>`)
      expect((await pc.drains()).map((stanza) => stanza.name)).toEqual(['presence'])
    },
  )
})

describe('mod_caps with only the older protocol', () => {
  const own = ownServer('[modules.mod_caps]\nversions = ["v1"]\nbackend = "rdbms"\ncache_life_time = "infinity"\n')
  const known = fresh()
  const jid = (name: string) => Jid.parse(`${name}@localhost`)
  const caps = () => own.server.server.moduleApi('localhost', capsApi)

  it('neither announces nor asks by the newer one', async () => {
    const pc = await own.client('alice', 'pc')
    expect(pc.features.child('c', v1)).toBeDefined()
    expect(pc.features.child('c', v2)).toBeUndefined()
    const answer = `${await pc.asks(info(), 'get', { to: 'localhost' })}`
    expect(answer).toContain(`var='${v1}'`)
    expect(answer).not.toContain(`var='${v2}'`)
    pc.sends(`<presence>${fresh().v2}</presence>`)
    await pc.receives(`<presence from='${pc.jid}'>{any}</presence>`)
    await pc.receivesNothing()
  })

  it('tells other modules what clients can do while they are available', async () => {
    const seen: string[] = []
    const { hooks } = own.server.server.hostOf('localhost') ?? {}
    const joined = hooks?.join(capsRecognised, 'main', {
      module: 'test',
      handler: ({ client }) => void seen.push(client.full),
    })
    const [pc, phone] = [await own.client('bob', 'pc'), await own.client('bob', 'phone')]
    const feature = /var='([^']+)'/.exec(known.content)?.[1] ?? ''
    pc.sends(`<presence>${known.v1}</presence>`)
    await answers(pc, known.nodeV1, known.content)
    await pc.isHeard()
    expect(caps()?.clientsWith(jid('bob'), feature).map(String)).toEqual([pc.jid])
    expect(caps()?.featuresOf(Jid.parse(pc.jid))).toEqual(new Set([feature]))
    expect(caps()?.featuresOf(Jid.parse(phone.jid))).toBeUndefined()
    pc.sends(`<presence/>`)
    await pc.isHeard()
    expect(caps()?.clientsWith(jid('bob'), feature)).toEqual([])
    pc.sends(`<presence>${known.v1}</presence>`)
    await pc.isHeard()
    expect(caps()?.clientsWith(jid('bob'), feature)).toHaveLength(1)
    pc.sends(`<presence type='unavailable'/>`)
    await pc.isHeard()
    expect(caps()?.clientsWith(jid('bob'), feature)).toEqual([])
    expect(seen).toEqual([pc.jid, pc.jid])
    joined?.leave()
  })

  it('learns what contacts on other servers can do, for as long as they show themselves', async () => {
    const { router } = own.server.server.hostOf('localhost') ?? {}
    const { content, v1: c } = fresh()
    const feature = /var='([^']+)'/.exec(content)?.[1] ?? ''
    const remote = Jid.parse('dora@remote.example/pc')
    let asked = 0
    const leave = router?.addService('remote.example', {
      parent: 'none.example',
      receive(stanza) {
        if (stanza.kind !== 'iq') return undefined
        asked++
        return router.route(stanza.result(parseElement(`<query xmlns='${disco}'>${content}</query>`)))
      },
    })
    await own.client('erin', 'pc')
    const shows = (type: string, ...children: string[]) =>
      router?.route(
        Stanza.make('presence', { type, from: remote, to: jid('erin') }, ...children.map((xml) => parseElement(xml))),
      )
    await shows('', c, `<x xmlns='http://jabber.org/protocol/muc#user'/>`)
    expect(asked).toBe(0)
    for (let n = 0; n < 2; n++) {
      await shows('', c)
      await expect.poll(() => caps()?.contactsWith(jid('erin'), feature).map(String)).toEqual([remote.full])
      await shows('unavailable')
      expect(caps()?.contactsWith(jid('erin'), feature)).toEqual([])
    }
    expect(asked).toBe(1)
    leave?.()
  })

  it('remembers hashes over a restart with backend = "rdbms"', async () => {
    await own.restart()
    const pc = await own.client('carol', 'pc')
    pc.sends(`<presence>${known.v1}</presence>`)
    await pc.receives(`<presence from='${pc.jid}'>{any}</presence>`)
    const feature = /var='([^']+)'/.exec(known.content)?.[1] ?? ''
    await expect.poll(() => caps()?.clientsWith(jid('carol'), feature)).toHaveLength(1)
    await pc.receivesNothing()
  })
})
