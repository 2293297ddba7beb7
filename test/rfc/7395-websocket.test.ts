import { describe, expect } from 'vitest'
import { Inbox } from '../support/inbox.ts'
import { openStream } from '../support/sign-in.ts'
import { type Cast, story } from '../support/story.ts'
import type { RawStream } from '../support/stream.ts'
import { FrameTransport } from '../support/transport.ts'
import { NS } from '../support/xml.ts'

const stream = ({ connect }: Pick<Cast, 'connect'>): Promise<RawStream> => connect('ws')

describe('RFC 7395 §3.1 the handshake', () => {
  story('the subprotocol is xmpp', async (cast) => {
    expect((await stream(cast)).frames.protocol).toBe('xmpp')
  })

  story(
    'without the subprotocol there is no connection',
    { differs: { ejabberd: 'takes it without; that it is refused is ours' } },
    async ({ server }) => {
      const answer = await FrameTransport.open(server.wsUrl, new Inbox(), []).then(
        (transport) => transport,
        () => undefined,
      )
      answer?.destroy()
      expect(answer).toBeUndefined()
    },
  )
})

describe('RFC 7395 §3.3 and §3.4 opening', () => {
  story('§3.3.2 each frame is one element that declares its own namespaces', async ({ alice }) => {
    const pc = await alice.client('pc', { transport: 'ws' })
    await pc.receivesNothing()
    for (const frame of pc.frames.frames) expect(frame).toMatch(/^<[\w:]+[^>]* xmlns(:\w+)?=/)
    for (const frame of pc.frames.frames) expect(frame).not.toMatch(/^<(\?xml|stream:stream)/)
  })

  story('§3.4 the answer is an open element', async (cast) => {
    const { server } = cast
    const ws = await stream(cast)
    ws.open()
    const header = await ws.receivesHeader()
    expect([header.name, header.ns]).toEqual(['open', NS.framing])
    expect(header.attr('from')).toBe(server.domain)
    expect(header.attr('version')).toBe('1.0')
    expect(header.attr('id')).toMatch(/.{8,}/)
  })

  story('§3.4 neither STARTTLS nor what depends on it is offered', async (cast) => {
    const features = await openStream(await stream(cast))
    expect(features.child('starttls', NS.tls)).toBeUndefined()
    expect(features.child('mechanisms', NS.sasl)).toBeDefined()
  })

  story(
    '§3.3.3 a stream header as over TCP is an error',
    { differs: { prosody: 'still speaks the way of drafts before RFC 7395' } },
    async (cast) => {
      const { server } = cast
      const ws = await stream(cast)
      ws.send(`<stream:stream xmlns='jabber:client' xmlns:stream='${NS.stream}' to='${server.domain}' version='1.0'>`)
      await ws.inbox.take((item) => item.kind === 'closed')
      expect(ws.isClosed).toBe(true)
    },
  )

  story('§3.3.2 stanzas carry jabber:client', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc', { transport: 'ws' }), await bob.client('pc', { transport: 'tcp' })]
    bobs.sends(`<message to='${pc.jid}'><body>hi</body></message>`)
    await pc.receives(`<message from='${bobs.jid}'><body>hi</body></message>`)
    expect(pc.frames.frames.at(-1)).toMatch(/^<message [^>]*xmlns=(['"])jabber:client\1/)
  })

  story('§3.3.2 between the transports nothing is lost and nothing added', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc', { transport: 'ws' }), await bob.client('pc', { transport: 'tcp' })]
    const content = `<body>hi</body><x xmlns='urn:x'><y xmlns='urn:y' z='1'>🐢</y></x>`
    for (const [sender, receiver] of [
      [pc, bobs],
      [bobs, pc],
    ] as const) {
      sender.sends(`<message to='${receiver.jid}'>${content}</message>`)
      const { element } = await receiver.receives(`<message from='${sender.jid}'>${content}</message>`)
      expect(element.attr('xmlns')).toBeUndefined()
    }
  })
})

describe('RFC 7395 §3.5 and §3.6 closing', () => {
  story('§3.6 close is answered with close, then the connection ends', async ({ alice }) => {
    const pc = await alice.client('pc', { transport: 'ws', presence: false })
    pc.end()
    await pc.receivesEnd()
    await pc.receivesClose()
  })

  story('§3.5 a stream error, then close', async (cast) => {
    const ws = await stream(cast)
    ws.open({ to: 'elsewhere.test' })
    await ws.receivesHeader()
    await ws.receivesStreamError('host-unknown')
    expect(ws.received).toMatch(/<(stream:)?error[^>]* xmlns(:stream)?=/)
  })

  for (const [what, frame] of [
    ['text that is no XML', 'hello'],
    ['half an element', '<message>'],
    ['two elements', `<presence xmlns='jabber:client'/><presence xmlns='jabber:client'/>`],
    ['an element that relies on a prefix declared elsewhere', '<stream:features/>'],
  ] as const) {
    const differs = {
      prosody: 'feeds the frames to one parser, or ends without a word',
      ejabberd: 'ends the stream without saying why',
    }
    story(`§3.3.3 not-well-formed: ${what}`, { differs }, async ({ alice }) => {
      const pc = await alice.client('pc', { transport: 'ws', presence: false })
      pc.send(frame)
      await pc.receivesStreamError('not-well-formed')
    })
  }

  story('§3.3.3 a binary message is refused', { differs: { ejabberd: 'reads it like text' } }, async ({ alice }) => {
    const pc = await alice.client('pc', { transport: 'ws', presence: false })
    pc.send(new TextEncoder().encode(`<presence xmlns='jabber:client'/>`))
    await pc.inbox.take((item) => item.kind === 'closed')
    expect(pc.isClosed).toBe(true)
  })

  story(
    'core §11 what is too large ends the stream with policy-violation',
    { differs: { ejabberd: 'sets no limit to what comes by WebSocket' } },
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc', { transport: 'ws', presence: false }), await bob.client('pc')]
      pc.sends(`<message to='${bobs.jid}'><body>${'x'.repeat(70_000)}</body></message>`)
      await pc.receivesStreamError('policy-violation')
      await bobs.receivesNothing()
    },
  )
})
