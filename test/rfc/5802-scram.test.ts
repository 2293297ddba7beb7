import { describe, expect } from 'vitest'
import { type BindingType, channelBinding, ScramClient } from '../support/sasl.ts'
import { fromBase64, mechanismsOf, openSecure, openStream, scram, sendAuth, toBase64 } from '../support/sign-in.ts'
import { type Cast, story } from '../support/story.ts'
import type { RawStream } from '../support/stream.ts'
import { NS, type XmlNode } from '../support/xml.ts'

const failure = (condition: string) => `<failure xmlns='${NS.sasl}'><${condition}/>{any}</failure>`

/** A connection that is ready to authenticate. */
async function ready({ connect }: Pick<Cast, 'connect'>): Promise<{ stream: RawStream; features: XmlNode }> {
  const stream = await connect()
  return { stream, features: await openSecure(stream) }
}

describe('RFC 5802 SCRAM', () => {
  const mechanism = 'SCRAM-SHA-1'
  const start = async (cast: Cast, client: ScramClient) => {
    const { stream } = await ready(cast)
    sendAuth(stream, mechanism, toBase64(client.first()))
    const { text } = await stream.receives(`<challenge xmlns='${NS.sasl}'>{data}</challenge>`)
    return { stream, challenge: fromBase64(text.data) }
  }
  const respond = (stream: RawStream, text: string) =>
    stream.send(`<response xmlns='${NS.sasl}'>${toBase64(text)}</response>`)

  story('§5.1 the server adds to the nonce, has a salt of 16 bytes and some thousand rounds', async (cast) => {
    const { alice } = cast
    const client = new ScramClient({ mechanism, user: alice.local, password: alice.password })
    const { challenge } = await start(cast, client)
    const [, nonce, salt, rounds] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(challenge) ?? []
    expect(nonce?.startsWith(client.nonce)).toBe(true)
    expect(nonce?.length).toBeGreaterThan(client.nonce.length + 10)
    expect(Buffer.from(salt ?? '', 'base64').length).toBeGreaterThanOrEqual(16)
    expect(Number(rounds)).toBeGreaterThanOrEqual(4096)
  })

  story('not-authorized: a wrong password', { over: 'every' }, async (cast) => {
    const { alice } = cast
    const client = new ScramClient({ mechanism, user: alice.local, password: 'wrong' })
    const { stream, challenge } = await start(cast, client)
    respond(stream, client.final(challenge))
    await stream.receives(failure('not-authorized'))
  })

  story(
    'not-authorized: another nonce than the one agreed on',
    { differs: { prosody: 'answers malformed-request' } },
    async (cast) => {
      const { alice } = cast
      const client = new ScramClient({ mechanism, user: alice.local, password: alice.password })
      const { stream, challenge } = await start(cast, client)
      respond(stream, client.final(challenge, { nonce: `${client.nonce}mine` }))
      await stream.receives(failure('not-authorized'))
    },
  )

  story(
    '§9 an unknown name is answered like a known one, with the same salt each time',
    {
      differs: {
        prosody: 'refuses at once, which gives away who has an account',
        ejabberd: 'refuses at once, which gives away who has an account',
      },
    },
    async (cast) => {
      const user = cast.stranger()
      const salts: (string | undefined)[] = []
      for (let attempt = 0; attempt < 2; attempt++) {
        const client = new ScramClient({ mechanism, user, password: 'wrong' })
        const { stream, challenge } = await start(cast, client)
        salts.push(/,s=([^,]+)/.exec(challenge)?.[1])
        respond(stream, client.final(challenge))
        await stream.receives(failure('not-authorized'))
      }
      expect(salts[0]).toBe(salts[1])
    },
  )

  story('malformed-request: not a SCRAM message', { differs: { ejabberd: 'answers not-authorized' } }, async (cast) => {
    const { stream } = await ready(cast)
    sendAuth(stream, mechanism, toBase64('hello'))
    await stream.receives(failure('malformed-request'))
  })

  story(
    'SCRAM invalid-authzid: the identity of somebody else',
    { differs: { prosody: 'ignores the authorization identity', ejabberd: 'ignores the authorization identity' } },
    async (cast) => {
      const { alice, bob } = cast
      const client = new ScramClient({ mechanism, user: alice.local, password: alice.password, authzid: bob.jid })
      const { stream } = await ready(cast)
      sendAuth(stream, mechanism, toBase64(client.first()))
      const item = await stream.next()
      if (item.kind === 'element' && item.element.name === 'challenge') {
        respond(stream, client.final(fromBase64(item.element.text())))
        await stream.receives(failure('invalid-authzid'))
      } else expect(item.kind === 'element' && item.element.child('invalid-authzid')).toBeTruthy()
    },
  )
})

describe('RFC 5802 §6 channel binding', () => {
  /** The binding types a server says it can do, or what servers before XEP-0440 all did. */
  const typesOf = (features: XmlNode): BindingType[] => {
    const list = features.child('sasl-channel-binding', 'urn:xmpp:sasl-cb:0')
    return (list?.elements().map((node) => node.attr('type')) ?? ['tls-unique']) as BindingType[]
  }
  const noExporter = { prosody: 'knows tls-unique only', ejabberd: 'knows tls-unique only' }

  story('RFC 9266, XEP-0440 the types are announced', { over: ['tcp', 'tls'], differs: noExporter }, async (cast) => {
    const { features } = await ready(cast)
    expect(typesOf(features)).toEqual(expect.arrayContaining(['tls-exporter', 'tls-server-end-point']))
  })

  story(
    'over TCP and TLS the forms with channel binding are offered',
    { over: ['tcp', 'tls'], differs: { prosody: 'not with TLS 1.3' } },
    async (cast) => {
      const { features } = await ready(cast)
      expect(mechanismsOf(features)).toContain('SCRAM-SHA-1-PLUS')
    },
  )

  for (const way of ['plain TCP', 'WebSocket'] as const) {
    story(`over ${way} they are not offered`, { over: ['tcp'] }, async ({ connect }) => {
      const features = await openStream(await connect(way === 'WebSocket' ? 'ws' : 'tcp'))
      expect(mechanismsOf(features).filter((name) => name.endsWith('-PLUS'))).toEqual([])
    })
  }

  for (const type of ['tls-exporter', 'tls-server-end-point'] as const) {
    story(`${type} signs in`, { over: ['tcp', 'tls'], differs: noExporter }, async (cast) => {
      const { alice } = cast
      const { stream } = await ready(cast)
      const tls = stream.bytes.tls
      if (!tls) throw new Error('TLS is off')
      const mechanism = 'SCRAM-SHA-1-PLUS'
      const binding = channelBinding(tls, type)
      const client = new ScramClient({
        mechanism,
        user: alice.local,
        password: alice.password,
        flag: `p=${type}`,
        binding,
      })
      await scram(stream, client, mechanism)
    })
  }

  story(
    'not-authorized: the binding of another connection',
    { over: ['tcp', 'tls'], differs: noExporter },
    async (cast) => {
      const { alice } = cast
      const { stream } = await ready(cast)
      const mechanism = 'SCRAM-SHA-1-PLUS'
      const binding = Buffer.alloc(32, 7)
      const client = new ScramClient({
        mechanism,
        user: alice.local,
        password: alice.password,
        flag: 'p=tls-exporter',
        binding,
      })
      sendAuth(stream, mechanism, toBase64(client.first()))
      const { text } = await stream.receives(`<challenge xmlns='${NS.sasl}'>{data}</challenge>`)
      stream.send(`<response xmlns='${NS.sasl}'>${toBase64(client.final(fromBase64(text.data)))}</response>`)
      await stream.receives(failure('not-authorized'))
    },
  )

  story(
    'not-authorized: "the server cannot bind" although it said that it can',
    {
      differs: {
        prosody: 'offers no binding with TLS 1.3, so nothing was taken away',
        ejabberd: 'does not look at the flag',
      },
      over: ['tcp', 'tls'],
    },
    async (cast) => {
      const { alice } = cast
      const { stream, features } = await ready(cast)
      expect(mechanismsOf(features)).toContain('SCRAM-SHA-1-PLUS')
      const mechanism = 'SCRAM-SHA-1'
      const client = new ScramClient({ mechanism, user: alice.local, password: alice.password, flag: 'y' })
      sendAuth(stream, mechanism, toBase64(client.first()))
      const item = await stream.next()
      if (item.kind === 'element' && item.element.name === 'challenge') {
        stream.send(
          `<response xmlns='${NS.sasl}'>${toBase64(client.final(fromBase64(item.element.text())))}</response>`,
        )
        await stream.receives(failure('not-authorized'))
      } else expect(item.kind === 'element' && item.element.child('not-authorized')).toBeTruthy()
    },
  )
})
