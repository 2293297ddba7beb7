import { describe } from 'vitest'
import { openStream } from '../support/sign-in.ts'
import { story } from '../support/story.ts'
import { NS } from '../support/xml.ts'

const header = (attributes: string) => `<stream:stream xmlns='jabber:client' xmlns:stream='${NS.stream}' ${attributes}>`

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
