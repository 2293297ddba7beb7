import { describe, expect } from 'vitest'
import { plainPayload } from '../support/sasl.ts'
import { openStream, sendAuth, startTls } from '../support/sign-in.ts'
import { story } from '../support/story.ts'
import { NS } from '../support/xml.ts'

const header = (attributes: string) => `<stream:stream xmlns='jabber:client' xmlns:stream='${NS.stream}' ${attributes}>`

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
