import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { mechanismsOf, openSecure, openStream, sendAuth, startTls, toBase64 } from '../support/sign-in.ts'
import { story } from '../support/story.ts'
import { target } from '../support/target.ts'
import { NS } from '../support/xml.ts'

const bombs: readonly (readonly [string, string, string])[] = [
  [
    'entities',
    `<!DOCTYPE b [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><b>&b;</b>`,
    'restricted-xml',
  ],
  ['an entity of its own', `<message><body>&lol;</body></message>`, 'restricted-xml'],
  ['a file of the server', `<!DOCTYPE b [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>`, 'restricted-xml'],
  ['a processing instruction', `<?php echo 1 ?>`, 'restricted-xml'],
  ['a comment', `<!-- -->`, 'restricted-xml'],
  ['depth', '<a>'.repeat(300), 'policy-violation'],
  ['attributes', `<a ${Array.from({ length: 150 }, (_, i) => `a${i}='x'`).join(' ')}/>`, 'policy-violation'],
  ['declarations', `<a ${Array.from({ length: 150 }, (_, i) => `xmlns:a${i}='x'`).join(' ')}/>`, 'policy-violation'],
  ['a long name', `<${'n'.repeat(20_000)}/>`, 'policy-violation'],
  ['a long attribute', `<message to='${'n'.repeat(70_000)}'/>`, 'policy-violation'],
  ['a NUL', `<message><body>a\0b</body></message>`, 'not-well-formed'],
  ['a NUL by reference', `<message><body>&#0;</body></message>`, 'not-well-formed'],
  ['twice the same attribute', `<message to='a@b' to='c@d'/>`, 'not-well-formed'],
  ['an unknown prefix', `<x:message/>`, 'not-well-formed'],
]

describe('XML that is an attack', () => {
  for (const [what, xml, condition] of bombs) {
    story(`${what}: from a stranger and from a user`, async ({ alice, bob, connect }) => {
      const stranger = await connect()
      await openStream(stranger)
      stranger.send(xml)
      await stranger.receivesStreamError(condition)
      const [user, witness] = [await alice.client('u'), await bob.client('w')]
      user.send(xml)
      await user.receivesStreamError(condition)
      await witness.receivesNothing()
    })
  }

  story('bytes that are not UTF-8, overlong ones and surrogates among them', async ({ connect }) => {
    for (const bytes of [
      [0xff],
      [0xc0, 0x80],
      [0xc1, 0xbf],
      [0xe0, 0x80, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
    ]) {
      const stream = await connect('tcp')
      await openStream(stream)
      stream.send(Buffer.concat([Buffer.from(`<a b='`), Buffer.from(bytes), Buffer.from(`'/>`)]))
      await stream.receivesStreamError('not-well-formed')
    }
  })

  story('a header without end', async ({ connect }) => {
    const stream = await connect('tcp')
    stream.send(`<stream:stream xmlns='jabber:client' to='${'x'.repeat(8000)}`)
    await stream.receivesHeader()
    await stream.receivesStreamError('policy-violation')
  })
})

describe('STARTTLS', () => {
  story('what was put behind the request in plain text is forgotten', async ({ alice, connect }) => {
    const stream = await connect('tcp')
    await openStream(stream)
    const plain = Buffer.from(`\0${alice.local}\0${alice.password}`).toString('base64')
    stream.send(
      `<starttls xmlns='${NS.tls}'/><auth xmlns='${NS.sasl}' mechanism='PLAIN'>${plain}</auth><stream:stream xmlns='jabber:client' xmlns:stream='${NS.stream}' to='localhost' version='1.0'>`,
    )
    await stream.receives(`<proceed xmlns='${NS.tls}'/>`)
    await stream.bytes.secure({ servername: 'localhost' })
    const features = await openStream(stream)
    // Nothing of what came before counts: the client is a stranger still.
    expect(mechanismsOf(features)).toContain('PLAIN')
    stream.send(`<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>`)
    await stream.receivesStreamError('not-authorized')
  })

  story('what was learnt without it is not believed with it', async ({ alice, connect }) => {
    const stream = await connect('tcp')
    await openStream(stream)
    sendAuth(stream, 'SCRAM-SHA-1', toBase64(`n,,n=${alice.local},r=abc`))
    await stream.receives(`<challenge xmlns='${NS.sasl}'>{any}</challenge>`)
    stream.send(`<starttls xmlns='${NS.tls}'/>`)
    await stream.receivesStreamError('invalid-namespace')
  })
})

describe('SASL', () => {
  story('PLAIN is not offered, and refused, before TLS', async ({ alice, connect }) => {
    const stream = await connect('tcp')
    expect(mechanismsOf(await openStream(stream))).not.toContain('PLAIN')
    sendAuth(stream, 'PLAIN', toBase64(`\0${alice.local}\0${alice.password}`))
    await stream.receives(`<failure xmlns='${NS.sasl}'><encryption-required/></failure>`)
  })

  story(
    'a client that says the server has no channel binding is told that somebody lies',
    async ({ alice, connect }) => {
      const stream = await connect('tls')
      expect(mechanismsOf(await openSecure(stream))).toContain('SCRAM-SHA-1-PLUS')
      sendAuth(stream, 'SCRAM-SHA-1', toBase64(`y,,n=${alice.local},r=abc`))
      await stream.receives(`<failure xmlns='${NS.sasl}'><not-authorized/></failure>`)
    },
  )

  const cut: readonly (readonly [string, (name: string) => string])[] = [
    ['no NUL at all', (name) => name],
    ['one NUL', (name) => `\0${name}`],
    ['a NUL in the password', (name) => `\0${name}\0x\0y`],
    ['an empty name', () => `\0\0x`],
    ['an empty password', (name) => `\0${name}\0`],
    ['another authorisation identity', (name) => `root@localhost\0${name}\0x`],
  ]
  for (const [what, payload] of cut) {
    story(`PLAIN with ${what} fails`, async ({ alice, connect }) => {
      const stream = await connect('tls')
      await openSecure(stream)
      sendAuth(stream, 'PLAIN', toBase64(payload(alice.local)))
      const { element } = await stream.receives(`<failure xmlns='${NS.sasl}'>{any}</failure>`)
      expect(['not-authorized', 'malformed-request', 'invalid-authzid']).toContain(element.elements()[0]?.name)
    })
  }

  story('a proof that is cut short, or missing, fails', async ({ alice, connect }) => {
    for (const last of ['p=AAAA', 'p=', '']) {
      const stream = await connect('tls')
      await openSecure(stream)
      sendAuth(stream, 'SCRAM-SHA-1', toBase64(`n,,n=${alice.local},r=abc`))
      const { element } = await stream.receives(`<challenge xmlns='${NS.sasl}'>{any}</challenge>`)
      const nonce = /r=([^,]*)/.exec(Buffer.from(element.text(), 'base64').toString())?.[1] ?? ''
      stream.send(`<response xmlns='${NS.sasl}'>${toBase64(`c=biws,r=${nonce},${last}`)}</response>`)
      const failure = await stream.receives(`<failure xmlns='${NS.sasl}'>{any}</failure>`)
      expect(['not-authorized', 'malformed-request']).toContain(failure.element.elements()[0]?.name)
    }
  })

  story(
    'unknown accounts are answered as wrong passwords are, word for word and step for step',
    async ({ alice, stranger, connect }) => {
      const answers = []
      for (const name of [alice.local, stranger()]) {
        const stream = await connect('tls')
        await openSecure(stream)
        sendAuth(stream, 'PLAIN', toBase64(`\0${name}\0wrong`))
        const failure = await stream.receives(`<failure xmlns='${NS.sasl}'>{any}</failure>`)
        sendAuth(stream, 'SCRAM-SHA-1', toBase64(`n,,n=${name},r=abc`))
        const { element } = await stream.receives(`<challenge xmlns='${NS.sasl}'>{any}</challenge>`)
        const challenge = Buffer.from(element.text(), 'base64').toString()
        const shape = challenge
          .replace(/r=[^,]*/, 'r')
          .replace(/s=[^,]*/, (salt) => `s${salt.length}`)
          .replace(/h=[^,]*/, 'h')
        answers.push([failure.element.toString(), shape])
      }
      expect(answers[0]).toEqual(answers[1])
    },
  )
})

describe('addresses that look like others', () => {
  const names: readonly (readonly [string, string])[] = [
    ['Cyrillic а', '\u0430lice'],
    ['full width', '\uff41lice'],
    ['a soft hyphen', 'ali\u00adce'],
    ['a zero-width joiner', 'ali\u200dce'],
    ['right-to-left override', 'ali\u202ece'],
    ['a combining accent', 'alice\u0301'],
  ]
  for (const [what, name] of names) {
    story(`${what}: never reaches the account that it looks like`, async (cast) => {
      const { alice, bob } = cast
      const [user, sender] = [await alice.client('u'), await bob.client('s')]
      const lookalike = alice.jid.replace('alice', name)
      sender.sends(`<message to='${lookalike}' id='l'><body>Hi</body></message>`)
      await cast.settle()
      // Full width folds to the same address by PRECIS; whatever does not is nobody or no address at all.
      const seen = await user.drains()
      const folds = name === '\uff41lice'
      expect(seen.map((stanza) => stanza.attr('id'))).toEqual(folds ? ['l'] : [])
      if (!folds) await sender.receives(`<message type='error' id='l'>{any}</message>`)
    })
  }

  story('names of more than 1023 bytes are no addresses', async ({ alice }) => {
    const client = await alice.client('u')
    for (const to of [`${'a'.repeat(1024)}@localhost`, `a@${'b.'.repeat(600)}c`, `a@localhost/${'r'.repeat(1024)}`]) {
      client.sends(`<message to='${to}' id='x'><body>Hi</body></message>`)
      await client.receives(`<message type='error' id='x'>{any}</message>`)
    }
  })
})

describe('a connection that takes its time', () => {
  it('over the handshake of TLS, or over anything before its session, ends; others come in meanwhile', async () => {
    const server = await target()
    const slow = connect(server.tlsPort ?? 0, server.host)
    const silent = connect(server.port, server.host)
    let text = ''
    silent.on('data', (bytes) => {
      text += bytes
    })
    slow.resume()
    const closed = Promise.all([slow, silent].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
    await closed
    expect(text).toContain('connection-timeout')
  }, 20_000)

  story('drips its header and is not given more time for it', async ({ connect, alice }) => {
    const stream = await connect('tcp')
    await openStream(stream)
    await startTls(stream)
    const other = await alice.client('x')
    stream.send('<')
    for (let i = 0; i < 20; i++) {
      stream.send('a')
      await other.isHeard()
    }
    await other.receivesNothing()
  })
})
