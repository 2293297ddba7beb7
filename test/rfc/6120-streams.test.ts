import { describe, expect } from 'vitest'
import { openStream, startTls } from '../support/sign-in.ts'
import { story } from '../support/story.ts'
import { NS } from '../support/xml.ts'

const header = (attributes: string) => `<stream:stream xmlns='jabber:client' xmlns:stream='${NS.stream}' ${attributes}>`

describe('RFC 6120 §4.7 the stream header', () => {
  story('§4.7.1-§4.7.5 the answer has from, id and version 1.0', async ({ connect, server }) => {
    const stream = await connect()
    stream.open()
    const answer = await stream.receivesHeader()
    expect(answer.attr('from')).toBe(server.domain)
    expect(answer.attr('version')).toBe('1.0')
    expect(answer.attr('id')).toMatch(/.{8,}/)
  })

  story('§4.7.3 each stream has an id of its own', async ({ connect }) => {
    const [one, two] = [await connect(), await connect()]
    one.open()
    two.open()
    expect((await one.receivesHeader()).attr('id')).not.toBe((await two.receivesHeader()).attr('id'))
  })

  story('§4.7.3 the stream after TLS has a new id', { over: ['tcp'] }, async ({ connect }) => {
    const stream = await connect('tcp')
    stream.open()
    const first = await stream.receivesHeader()
    await stream.receivesFeatures()
    await startTls(stream)
    stream.open()
    expect((await stream.receivesHeader()).attr('id')).not.toBe(first.attr('id'))
  })

  story("§4.7.2 the answer's to is the from of the client", { over: ['tcp'] }, async ({ connect, alice }) => {
    const stream = await connect('tls')
    stream.open({ from: alice.jid })
    expect((await stream.receivesHeader()).attr('to')).toBe(alice.jid)
  })

  story(
    '§4.7.4 the answer speaks the language asked for',
    { over: ['tcp'], differs: { prosody: 'it always says en' } },
    async ({ connect }) => {
      const stream = await connect('tcp')
      stream.open({ lang: 'de' })
      expect((await stream.receivesHeader()).attr('xml:lang')).toBe('de')
    },
  )

  story('§4.7.4 without a language the answer names the default one', { over: ['tcp'] }, async ({ connect }) => {
    const stream = await connect('tcp')
    stream.open()
    expect((await stream.receivesHeader()).attr('xml:lang')).toMatch(/^[a-z]{2,3}(-\w+)*$/)
  })

  story('§4.8.3 the header may come without an XML declaration', { over: ['tcp'] }, async ({ connect, server }) => {
    const stream = await connect('tcp')
    stream.send(header(`to='${server.domain}' version='1.0'`))
    await stream.receivesHeader()
    await stream.receivesFeatures()
  })

  story(
    '§4.8.5 any prefix may stand for the streams namespace',
    { differs: { ejabberd: 'insists on the prefix stream' }, over: ['tcp'] },
    async ({ connect, server }) => {
      const stream = await connect('tcp')
      stream.send(`<s:stream xmlns='jabber:client' xmlns:s='${NS.stream}' to='${server.domain}' version='1.0'>`)
      await stream.receivesHeader()
      await stream.receivesFeatures()
    },
  )

  story(
    '§11.7 the header may come byte by byte',
    { leavesOut: { prosody: 'its expat puts off what comes in very small pieces until more is there' }, over: ['tcp'] },
    async ({ connect, server }) => {
      const stream = await connect('tcp')
      for (const byte of Buffer.from(`<?xml version='1.0'?>${header(`to='${server.domain}' version='1.0'`)}`)) {
        stream.send(Uint8Array.of(byte))
        await new Promise(setImmediate)
      }
      await stream.receivesHeader()
      await stream.receivesFeatures()
    },
  )
})

describe('RFC 6120 §4.3 features', () => {
  story('§4.3.2 features follow the header', { over: 'every' }, async ({ connect }) => {
    const stream = await connect()
    const features = await openStream(stream)
    expect(features.elements().length).toBeGreaterThan(0)
  })

  story('§5.4.1 STARTTLS is offered on TCP', { over: ['tcp'] }, async ({ connect }) => {
    const features = await openStream(await connect('tcp'))
    expect(features.child('starttls', NS.tls)).toBeDefined()
  })

  story(
    '§5.3.1 where TLS is required nothing but STARTTLS is offered',
    { over: ['tcp'] },
    async ({ connect, server }) => {
      const stream = await connect('tcp', { ...server, ...server.strict })
      const features = await openStream(stream)
      expect(features.child('starttls', NS.tls)?.child('required')).toBeDefined()
      expect(features.child('mechanisms', NS.sasl)).toBeUndefined()
    },
  )

  story('§5.3.1 STARTTLS is not offered again once TLS is on', { over: ['tcp'] }, async ({ connect }) => {
    const stream = await connect('tcp')
    await openStream(stream)
    await startTls(stream)
    const features = await openStream(stream)
    expect(features.child('starttls', NS.tls)).toBeUndefined()
    expect(features.child('mechanisms', NS.sasl)).toBeDefined()
  })

  story('§7.1 after authentication binding is offered, and no mechanism', { over: 'every' }, async ({ alice }) => {
    const { features } = await alice.client('pc', { presence: false })
    expect(features.child('bind', NS.bind)).toBeDefined()
    expect(features.child('mechanisms', NS.sasl)).toBeUndefined()
  })

  story('RFC 6121 appendix E: the session feature is optional', async ({ alice }) => {
    const { features } = await alice.client('pc', { presence: false })
    const session = features.child('session', NS.session)
    if (session) expect(session.child('optional')).toBeDefined()
  })
})

describe('RFC 6120 §4.4 the end of a stream', () => {
  story('an end is answered with an end, then the connection is closed', { over: 'every' }, async ({ alice }) => {
    const pc = await alice.client('pc', { presence: false })
    pc.end()
    await pc.receivesEnd()
    await pc.receivesClose()
  })

  story('before authentication too', { over: 'every' }, async ({ connect }) => {
    const stream = await connect()
    await openStream(stream)
    stream.end()
    await stream.receivesEnd()
    await stream.receivesClose()
  })

  story('what was sent before the end is still handled', { over: 'every' }, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc', { presence: false }), await bob.client('pc')]
    pc.sends(`<message to='${bobs.jid}'><body>last words</body></message>`)
    pc.end()
    await bobs.receives(`<message from='${pc.jid}'><body>last words</body></message>`)
  })
})
