import { describe, expect } from 'vitest'
import { errorOf } from '../support/client.ts'
import { story } from '../support/story.ts'
import { NS } from '../support/xml.ts'

const unknown = `<query xmlns='urn:nobody:knows'/>`
const error = (type: string, condition: string) =>
  `<error type='${type}' {any}><${condition} xmlns='${NS.stanzaErrors}'/>{any}</error>`

describe('RFC 6120 §8.1 from and to', () => {
  story('§8.1.2.1 without from the full JID is put in', { over: 'every' }, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<message to='${bobs.jid}' id='m1'><body>hi</body></message>`)
    await bobs.receives(`<message from='${pc.jid}' to='${bobs.jid}' id='m1'><body>hi</body></message>`)
  })

  for (const form of ['full', 'bare'] as const) {
    story(`§8.1.2.1 the own ${form} JID may be given`, async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      pc.sends(`<message from='${form === 'full' ? pc.jid : pc.bare}' to='${bobs.jid}'><body>hi</body></message>`)
      await bobs.receives(`<message from='${pc.jid}'><body>hi</body></message>`)
    })
  }

  story(
    "§8.1.2.1 invalid-from: somebody else's address",
    { differs: { prosody: 'puts the right address in place of the wrong one' }, over: 'every' },
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc', { presence: false }), await bob.client('pc')]
      pc.sends(`<message from='${bobs.jid}' to='${bobs.jid}'><body>hi</body></message>`)
      await pc.receivesStreamError('invalid-from')
      await bobs.receivesNothing()
    },
  )

  story(
    '§8.1.2.1 invalid-from: a resource that is not mine',
    { differs: { prosody: 'puts the right address in place of the wrong one' } },
    async ({ alice }) => {
      const pc = await alice.client('pc', { presence: false })
      pc.sends(`<message from='${alice.jid}/other' to='${alice.jid}'><body>hi</body></message>`)
      await pc.receivesStreamError('invalid-from')
    },
  )

  story('§8.1.1.1 a message without to is for the own account', async ({ alice }) => {
    const pc = await alice.client('pc')
    pc.sends(`<message type='chat'><body>note to self</body></message>`)
    await pc.receives(`<message from='${pc.jid}'><body>note to self</body></message>`)
  })

  story('§8.1.1.1 an IQ without to is answered by the account', async ({ alice }) => {
    const pc = await alice.client('pc')
    const answer = await pc.asks(`<query xmlns='${NS.roster}'/>`)
    expect([undefined, alice.jid]).toContain(answer.attr('from'))
  })

  for (const to of ['@stories', 'a@b@c/', 'bob@', `${'x'.repeat(1024)}@stories.test`, 'a b@stories.test']) {
    story(
      `§8.3.3.8 jid-malformed: ${to.slice(0, 20)}`,
      { differs: { ejabberd: 'answers bad-request' } },
      async ({ alice }) => {
        const pc = await alice.client('pc')
        await pc.asks(unknown, 'get', { to, refused: 'jid-malformed' })
      },
    )
  }

  story(
    '§8.3.3.8 jid-malformed for a message too',
    { differs: { ejabberd: 'answers bad-request' } },
    async ({ alice }) => {
      const pc = await alice.client('pc')
      pc.sends(`<message to='@stories' id='m1'><body>hi</body></message>`)
      await pc.receives(`<message type='error' id='m1'>${error('modify', 'jid-malformed')}{any}</message>`)
    },
  )

  story('RFC 7622 §3.3 an address in capitals is the same account', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<message to='${bob.jid.toUpperCase()}' type='chat'><body>hi</body></message>`)
    await bobs.receives(`<message from='${pc.jid}'><body>hi</body></message>`)
  })
})

describe('RFC 6120 §8.2.3 IQ', () => {
  const bad: readonly [string, string][] = [
    ['no payload', `<iq type='get' id='q'/>`],
    ['two payloads', `<iq type='get' id='q'>${unknown}${unknown}</iq>`],
    ['an unknown type', `<iq type='ask' id='q'>${unknown}</iq>`],
    ['no type', `<iq id='q'>${unknown}</iq>`],
  ]
  for (const [what, stanza] of bad) {
    story(`bad-request: ${what}`, async ({ alice }) => {
      const pc = await alice.client('pc')
      pc.sends(stanza)
      await pc.receives(`<iq type='error' id='q'>${error('modify', 'bad-request')}{any}</iq>`)
    })
  }

  story('bad-request: no id', async ({ alice }) => {
    const pc = await alice.client('pc')
    pc.sends(`<iq type='get'>${unknown}</iq>`)
    await pc.receives(`<iq type='error'>${error('modify', 'bad-request')}{any}</iq>`)
  })

  story('§8.4 a namespace that the server does not know', { over: 'every' }, async ({ alice, server }) => {
    const pc = await alice.client('pc')
    await pc.asks(unknown, 'get', { to: server.domain, refused: 'service-unavailable' })
    await pc.asks(unknown, 'set', { to: server.domain, refused: 'service-unavailable' })
  })

  story('§8.4 a namespace that the account does not know', async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    await bob.client('pc')
    await pc.asks(unknown, 'get', { refused: 'service-unavailable' })
    await pc.asks(unknown, 'get', { to: bob.jid, refused: 'service-unavailable' })
  })

  story('the address of an error is that of the request turned round', async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    pc.sends(`<iq type='get' id='q' to='${bob.jid}/away'>${unknown}</iq>`)
    await pc.receives(
      `<iq type='error' id='q' from='${bob.jid}/away' to='${pc.jid}'>${error('cancel', 'service-unavailable')}{any}</iq>`,
    )
  })

  story(
    'XEP-0086 an error has its old code too',
    { differs: { prosody: 'sends no old codes', ejabberd: 'sends no old codes' } },
    async ({ alice, bob }) => {
      const pc = await alice.client('pc')
      const answer = await pc.asks(unknown, 'get', { to: `${bob.jid}/away`, refused: 'service-unavailable' })
      expect(answer.child('error')?.attr('code')).toBe('503')
    },
  )

  story(
    '§8.3.1 an error holds what was asked',
    { differs: { prosody: 'leaves it out, as RFC 6120 §8.3.1 allows' } },
    async ({ alice, bob }) => {
      const pc = await alice.client('pc')
      const answer = await pc.asks(unknown, 'get', { to: `${bob.jid}/away`, refused: 'service-unavailable' })
      expect(answer.child('query', 'urn:nobody:knows')).toBeDefined()
    },
  )

  story('a client asks a client', { over: 'every' }, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<iq type='get' id='q' to='${bobs.jid}'>${unknown}</iq>`)
    await bobs.receives(`<iq type='get' id='q' from='${pc.jid}' to='${bobs.jid}'>${unknown}</iq>`)
    bobs.sends(`<iq type='result' id='q' to='${pc.jid}'><answer xmlns='urn:nobody:knows'/></iq>`)
    await pc.receives(`<iq type='result' id='q' from='${bobs.jid}'><answer xmlns='urn:nobody:knows'/></iq>`)
  })

  story(
    'the resource of a domain is not found',
    { differs: { prosody: 'answers service-unavailable' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      await pc.asks(unknown, 'get', { to: `${server.domain}/nowhere`, refused: 'item-not-found' })
    },
  )
})

describe('RFC 6120 §8.3 errors', () => {
  story('§8.3.1 no error is answered with an error', async ({ alice, bob, stranger }) => {
    const pc = await alice.client('pc')
    const to = [bob.jid, `${bob.jid}/away`, `${stranger()}@${bob.domain}`, bob.domain, `${bob.domain}/nowhere`]
    for (const address of to) {
      pc.sends(
        `<message type='error' to='${address}' id='e'>${error('cancel', 'gone').replace(/ ?\{any\}/g, '')}</message>`,
      )
      pc.sends(`<iq type='error' to='${address}' id='e'>${error('cancel', 'gone').replace(/ ?\{any\}/g, '')}</iq>`)
      pc.sends(
        `<presence type='error' to='${address}' id='e'>${error('cancel', 'gone').replace(/ ?\{any\}/g, '')}</presence>`,
      )
    }
    await pc.receivesNothing()
  })

  story('§8.3.1 no result is answered with an error', async ({ alice, bob, stranger }) => {
    const pc = await alice.client('pc')
    for (const to of [bob.jid, `${bob.jid}/away`, `${stranger()}@${bob.domain}`, bob.domain]) {
      pc.sends(`<iq type='result' to='${to}' id='r'/>`)
    }
    await pc.receivesNothing()
  })

  story(
    'a message to the server itself is dropped',
    { differs: { prosody: 'answers service-unavailable', ejabberd: 'answers item-not-found' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      pc.sends(`<message to='${server.domain}'><body>hello?</body></message>`)
      await pc.receivesNothing()
    },
  )

  story(
    'presence to the server itself is dropped',
    { differs: { ejabberd: 'answers item-not-found' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      pc.sends(`<presence to='${server.domain}'/>`)
      pc.sends(`<presence to='${server.domain}/nowhere'/>`)
      await pc.receivesNothing()
    },
  )
})

describe('RFC 6120 §8.4 and §10.1 what is passed on', () => {
  story('§10.1 stanzas between two stay in order', { over: 'every' }, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    const numbers = Array.from({ length: 100 }, (_, index) => index)
    for (const number of numbers)
      pc.sends(`<message to='${number % 2 ? bobs.jid : bob.jid}' type='chat'><body>${number}</body></message>`)
    for (const number of numbers) await bobs.receives(`<message><body>${number}</body></message>`)
  })

  story('§8.4 content nobody knows arrives whole', { over: 'every' }, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    const content =
      `<a xmlns='urn:one' xmlns:two='urn:two' two:n='1' m='&apos;&quot;&lt;&amp;'><two:b/>tail` +
      `<d xml:lang='de' xml:space='preserve'> &#xe9;&#127757; </d></a>`
    pc.sends(`<message to='${bobs.jid}'>${content}</message>`)
    const { element } = await bobs.receives(`<message>{any}</message>`)
    const whole = element.child('a', 'urn:one')
    expect(whole?.attrs).toEqual({ '{urn:two}n': '1', m: `'"<&` })
    expect(whole?.child('b', 'urn:two')).toBeDefined()
    expect(whole?.text()).toBe('tail')
    expect(whole?.child('d')?.attrs['xml:lang']).toBe('de')
    expect(whole?.child('d')?.text()).toBe(' é🌍 ')
  })

  story(
    '§8.4 content in no namespace stays in none',
    { differs: { 'ejabberd/ws': 'gives it the namespace of its parent' }, over: 'every' },
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      pc.sends(`<message to='${bobs.jid}'><a xmlns='urn:one'><c xmlns=''>plain</c></a></message>`)
      await bobs.receives(`<message><a xmlns='urn:one'><c xmlns=''>plain</c></a></message>`)
    },
  )

  story(
    'a prefix declared on the stanza holds inside it',
    { differs: { ejabberd: 'passes it on without the declaration' }, over: ['tcp'] },
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      pc.send(`<message xmlns:x='urn:x' to='${bobs.jid}'><x:a x:b='1'/><![CDATA[ <raw> ]]></message>`)
      const { element } = await bobs.receives(`<message>{any}</message>`)
      expect(element.child('a', 'urn:x')?.attrs).toEqual({ '{urn:x}b': '1' })
      expect(element.text()).toBe(' <raw> ')
    },
  )

  story('a stanza may be written with a prefix of its own', { over: ['tcp'] }, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.send(`<c:message xmlns:c='jabber:client' xmlns='urn:x' to='${bobs.jid}'><c:body>hi</c:body><y/></c:message>`)
    await bobs.receives(`<message from='${pc.jid}'><body>hi</body><y xmlns='urn:x'/></message>`)
  })

  story('§8.1.5 xml:lang of a stanza stays', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<message to='${bobs.jid}' xml:lang='pl'><body>cześć</body><body xml:lang='en'>hi</body></message>`)
    const { element } = await bobs.receives(
      `<message xml:lang='pl'><body>cześć</body><body xml:lang='en'>hi</body></message>`,
    )
    expect(errorOf(element)).toBeUndefined()
  })

  story(
    'attributes of others arrive too',
    { differs: { ejabberd: 'leaves them out' }, over: ['tcp'] },
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      pc.sends(
        `<message to='${bobs.jid}' xmlns:x='urn:x' x:mark='yes' type='chat' id='&lt;1&gt;'><body>hi</body></message>`,
      )
      const { element } = await bobs.receives(`<message id='&lt;1&gt;' type='chat'><body>hi</body></message>`)
      expect(element.attr('{urn:x}mark')).toBe('yes')
    },
  )
})
