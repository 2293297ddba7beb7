import { describe, expect } from 'vitest'
import { plainPayload } from '../support/sasl.ts'
import { openStream, sendAuth, startTls } from '../support/sign-in.ts'
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

describe('RFC 6120 §4.9 stream errors of the header', () => {
  story('§4.9.3.6 host-unknown: the domain is not served here', { over: 'every' }, async ({ connect }) => {
    const stream = await connect()
    stream.open({ to: 'elsewhere.test' })
    await stream.receivesHeader()
    await stream.receivesStreamError('host-unknown')
  })

  story(
    '§4.9.3.6 host-unknown: no domain is named',
    {
      over: ['tcp'],
      differs: { prosody: 'answers improper-addressing', ejabberd: 'it takes its first domain' },
    },
    async ({ connect }) => {
      const stream = await connect('tcp')
      stream.send(header(`version='1.0'`))
      await stream.receivesHeader()
      await stream.receivesStreamError('host-unknown')
    },
  )

  story(
    '§4.9.3.10 invalid-namespace: the root is in another namespace',
    { over: ['tcp'] },
    async ({ connect, server }) => {
      const stream = await connect('tcp')
      stream.send(`<stream:stream xmlns='jabber:client' xmlns:stream='urn:other' to='${server.domain}' version='1.0'>`)
      await stream.receivesHeader()
      await stream.receivesStreamError('invalid-namespace')
    },
  )

  story(
    '§4.9.3.10 invalid-namespace: the content is in another namespace',
    { differs: { prosody: 'looks at the namespace of stanzas only', ejabberd: 'answers invalid-xml' }, over: ['tcp'] },
    async ({ connect, server }) => {
      const stream = await connect('tcp')
      stream.send(`<stream:stream xmlns='urn:other' xmlns:stream='${NS.stream}' to='${server.domain}' version='1.0'>`)
      await stream.receivesHeader()
      await stream.receivesStreamError('invalid-namespace')
    },
  )

  story(
    '§4.9.3.25 unsupported-version: no version',
    {
      differs: {
        prosody: 'still speaks with clients from before version 1.0',
        ejabberd: 'still speaks with clients from before version 1.0',
      },
      over: ['tcp'],
    },
    async ({ connect, server }) => {
      const stream = await connect('tcp')
      stream.send(header(`to='${server.domain}'`))
      await stream.receivesHeader()
      await stream.receivesStreamError('unsupported-version')
    },
  )

  story(
    '§4.9.3.25 unsupported-version: another major version',
    { differs: { prosody: 'answers 1.0 and goes on, as RFC 6120 §4.7.5 has it' }, over: ['tcp'] },
    async ({ connect }) => {
      const stream = await connect('tcp')
      stream.open({ version: '2.0' })
      await stream.receivesHeader()
      await stream.receivesStreamError('unsupported-version')
    },
  )

  story(
    '§4.9.1.2 an error before the header is answered with a header first',
    { over: ['tcp'] },
    async ({ connect }) => {
      const stream = await connect('tcp')
      stream.send('<<<')
      await stream.receivesHeader()
      await stream.receivesStreamError('not-well-formed')
    },
  )

  story('§4.9.3.13 not-well-formed: this is HTTP', { over: ['tcp'] }, async ({ connect }) => {
    const stream = await connect('tcp')
    stream.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await stream.receivesHeader()
    await stream.receivesStreamError('not-well-formed')
  })

  story(
    '§4.9.3.22 unsupported-encoding or not-well-formed: UTF-16',
    { differs: { prosody: 'its expat reads UTF-16', ejabberd: 'its expat reads UTF-16' }, over: ['tcp'] },
    async ({ connect, server }) => {
      const stream = await connect('tcp')
      stream.send(Buffer.from(`\ufeff<?xml version='1.0'?>${header(`to='${server.domain}' version='1.0'`)}`, 'utf16le'))
      await stream.receivesHeader()
      await stream.receives(`<stream:error>{any}</stream:error>`)
      await stream.receivesEnd()
      await stream.receivesClose()
    },
  )

  story(
    '§4.9.3.22 unsupported-encoding: another encoding is declared',
    { differs: { prosody: 'answers not-well-formed', ejabberd: 'passes over the declaration' }, over: ['tcp'] },
    async ({ connect, server }) => {
      const stream = await connect('tcp')
      stream.send(`<?xml version='1.0' encoding='ISO-8859-1'?>${header(`to='${server.domain}' version='1.0'`)}`)
      await stream.receivesHeader()
      await stream.receivesStreamError('unsupported-encoding')
    },
  )

  story(
    '§4.8.3 policy-violation: a header without end is not read for ever',
    { over: ['tcp'] },
    async ({ connect }) => {
      const stream = await connect('tcp')
      stream.send(`<stream:stream xmlns='jabber:client' a='${'x'.repeat(300_000)}`)
      await stream.receivesHeader()
      await stream.receivesStreamError('policy-violation')
    },
  )
})

describe('RFC 6120 §4.9 stream errors inside the stream', () => {
  const broken: readonly [string, string, string][] = [
    ['§4.9.3.13 a tag that does not fit', 'not-well-formed', '<message><body>hi</message>'],
    ['§4.9.3.13 an attribute twice', 'not-well-formed', `<message id='1' id='2'/>`],
    [
      '§4.9.3.13 an attribute twice by namespace',
      'not-well-formed',
      `<message xmlns:a='urn:x' xmlns:b='urn:x' a:id='1' b:id='2'/>`,
    ],
    ['§4.9.3.13 an attribute without quotes', 'not-well-formed', '<message id=1/>'],
    ['§4.9.3.13 a bare ampersand', 'not-well-formed', '<message><body>a & b</body></message>'],
    ['§4.9.3.13 a less-than sign in an attribute', 'not-well-formed', `<message id='<'/>`],
    ['§4.9.3.13 a control character', 'not-well-formed', '<message><body>\u0001</body></message>'],
    ['§4.9.3.13 a reference to a control character', 'not-well-formed', '<message><body>&#1;</body></message>'],
    ['§4.9.3.13 a prefix that nobody declared', 'not-well-formed', '<message><x:y/></message>'],
    ['§4.9.3.18 a comment', 'restricted-xml', '<!-- hello -->'],
    ['§4.9.3.18 a comment inside a stanza', 'restricted-xml', '<message><!-- hello --></message>'],
    ['§4.9.3.18 a processing instruction', 'restricted-xml', '<?hello world?>'],
    ['§4.9.3.18 a document type', 'restricted-xml', `<!DOCTYPE a [<!ENTITY b 'c'>]>`],
    ['§4.9.3.18 an entity of its own', 'restricted-xml', '<message><body>&eacute;</body></message>'],
  ]
  const restricted = {
    prosody: 'answers not-well-formed; telling the two apart is a rule of ours',
    ejabberd: 'passes over comments and instructions, answers not-well-formed to the rest',
  }
  for (const [what, condition, text] of broken) {
    const differs = condition === 'restricted-xml' ? restricted : {}
    story(`${condition}: ${what}`, { over: ['tcp'], differs }, async ({ alice }) => {
      const pc = await alice.client('pc', { presence: false })
      pc.send(text)
      await pc.receivesStreamError(condition)
    })
  }

  story('§11.6 bad UTF-8 is not passed on', { over: ['tcp'] }, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc', { presence: false }), await bob.client('pc')]
    const [before, after] = [`<message to='${bobs.jid}'><body>`, '</body></message>']
    pc.send(Buffer.concat([Buffer.from(before), Uint8Array.of(0xc3, 0x28), Buffer.from(after)]))
    await pc.receivesStreamError('not-well-formed')
    await bobs.receivesNothing()
  })

  story('§11.6 UTF-8 is one thing however it is cut', { over: ['tcp'] }, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc', { presence: false }), await bob.client('pc')]
    pc.send(`<message to='${bobs.jid}'><body>`)
    for (const byte of Buffer.from('żółw 🐢')) {
      pc.send(Uint8Array.of(byte))
      await new Promise(setImmediate)
    }
    pc.send('</body></message>')
    await bobs.receives(`<message from='${pc.jid}'><body>żółw 🐢</body></message>`)
  })

  story('§4.9.3.14 policy-violation: an element larger than allowed', { over: ['tcp'] }, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc', { presence: false }), await bob.client('pc')]
    pc.send(`<message to='${bobs.jid}'><body>${'x'.repeat(70_000)}</body></message>`)
    await pc.receivesStreamError('policy-violation')
    await bobs.receivesNothing()
  })

  story('§13.12 an element of 10000 bytes is always allowed', { over: 'every' }, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc', { presence: false }), await bob.client('pc')]
    const body = 'x'.repeat(10_000 - 60 - bobs.jid.length)
    pc.sends(`<message to='${bobs.jid}'><body>${body}</body></message>`)
    await bobs.receives(`<message><body>${body}</body></message>`)
  })

  story(
    '§4.9.3.24 unsupported-stanza-type: an element that is no stanza',
    { differs: { ejabberd: 'passes over what it does not know' }, over: 'every' },
    async ({ alice }) => {
      const pc = await alice.client('pc', { presence: false })
      pc.sends('<letter>hi</letter>')
      await pc.receivesStreamError('unsupported-stanza-type')
    },
  )

  story(
    '§4.2 a second header inside the stream is an error',
    {
      differs: {
        prosody: 'takes it for an element it does not know',
        ejabberd: 'takes it for an element it does not know',
      },
      over: ['tcp'],
    },
    async ({ alice, server }) => {
      const pc = await alice.client('pc', { presence: false })
      pc.send(header(`to='${server.domain}' version='1.0'`))
      await pc.receivesStreamError('policy-violation')
    },
  )

  story(
    '§4.3.2 a stanza before authentication is not passed on',
    { differs: { prosody: 'answers with a stanza error' }, over: ['tcp'] },
    async ({ connect, bob }) => {
      const bobs = await bob.client('pc')
      const stream = await connect('tcp')
      await openStream(stream)
      stream.send(`<message to='${bobs.jid}'><body>hi</body></message>`)
      await stream.receivesStreamError('not-authorized')
      await bobs.receivesNothing()
    },
  )

  story('§4.6.1 whitespace between stanzas keeps the connection alive', { over: ['tcp'] }, async ({ alice }) => {
    const pc = await alice.client('pc')
    pc.send(' \n\t ')
    await pc.receivesNothing()
  })
})

describe('RFC 6120 §5 STARTTLS', () => {
  story('§5.4.2.2 an unknown element in its namespace fails', { over: ['tcp'] }, async ({ connect }) => {
    const stream = await connect('tcp')
    await openStream(stream)
    await startTls(stream)
    await openStream(stream)
    stream.send(`<starttls xmlns='${NS.tls}'/>`)
    await stream.receives(`<failure xmlns='${NS.tls}'/>`)
    await stream.receivesEnd()
    await stream.receivesClose()
  })

  story(
    '§5.4.3.3 what comes in clear after starttls is thrown away',
    { differs: { prosody: 'reads on in clear, which is the injection this story is about' }, over: ['tcp'] },
    async ({ connect, alice }) => {
      const stream = await connect('tcp')
      await openStream(stream)
      const auth = `<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${plainPayload(alice.local, alice.password)}</auth>`
      stream.send(`<starttls xmlns='${NS.tls}'/>${header(`to='${alice.domain}' version='1.0'`)}${auth}`)
      await stream.receives(`<proceed xmlns='${NS.tls}'/>`)
      const handshake = stream.bytes.secure({ servername: alice.domain })
      // A server may refuse the handshake altogether; what it must not do is to act on the words in clear.
      const isSecure = await handshake.then(
        () => true,
        () => false,
      )
      if (isSecure) {
        const features = await openStream(stream)
        expect(features.child('mechanisms', NS.sasl)).toBeDefined()
        expect(stream.received).not.toContain('<success')
      }
    },
  )

  story(
    '§5.3.1 encryption-required: authentication before TLS where it is required',
    {
      differs: {
        prosody: 'answers with the SASL failure of RFC 6120 §6.5.4; the stream error is ours',
        ejabberd: 'answers with the SASL failure of RFC 6120 §6.5.4; the stream error is ours',
      },
      over: ['tcp'],
    },
    async ({ connect, server, alice }) => {
      const stream = await connect('tcp', { ...server, ...server.strict })
      await openStream(stream)
      sendAuth(stream, 'PLAIN', plainPayload(alice.local, alice.password))
      await stream.receivesStreamError('encryption-required')
    },
  )

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    story(`RFC 7590 ${version} is spoken`, { over: ['tcp'] }, async ({ alice }) => {
      const pc = await alice.client('pc', { transport: 'tls', tls: { minVersion: version, maxVersion: version } })
      await pc.receivesNothing()
    })
  }

  story('RFC 7590 TLS 1.1 is refused', { over: ['tcp'] }, async ({ alice }) => {
    const tls = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    await expect(alice.client('pc', { transport: 'tls', tls })).rejects.toThrow()
  })

  story('XEP-0368 no ALPN at all is accepted', { over: ['tcp'] }, async ({ alice }) => {
    const pc = await alice.client('pc', { transport: 'tls', tls: { ALPNProtocols: undefined } })
    await pc.receivesNothing()
  })

  story(
    'XEP-0368 another protocol by ALPN is refused',
    { differs: { prosody: 'does not look at ALPN', ejabberd: 'does not look at ALPN' }, over: ['tcp'] },
    async ({ alice }) => {
      await expect(alice.client('pc', { transport: 'tls', tls: { ALPNProtocols: ['h2'] } })).rejects.toThrow()
    },
  )
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
