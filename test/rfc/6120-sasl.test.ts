import { describe, expect } from 'vitest'
import { plainPayload, ScramClient } from '../support/sasl.ts'
import { authenticate, mechanismsOf, openSecure, sendAuth, toBase64 } from '../support/sign-in.ts'
import { type Cast, story } from '../support/story.ts'
import type { RawStream } from '../support/stream.ts'
import { NS, type XmlNode } from '../support/xml.ts'

const failure = (condition: string) => `<failure xmlns='${NS.sasl}'><${condition}/>{any}</failure>`

/** A connection that is ready to authenticate. */
async function ready({ connect }: Pick<Cast, 'connect'>): Promise<{ stream: RawStream; features: XmlNode }> {
  const stream = await connect()
  return { stream, features: await openSecure(stream) }
}

describe('RFC 6120 §6.3 mechanisms', () => {
  for (const name of ['SCRAM-SHA-1', 'PLAIN']) {
    story(`§13.8 ${name} is offered on a secure connection`, { over: 'every' }, async (cast) => {
      const { features } = await ready(cast)
      expect(mechanismsOf(features)).toContain(name)
    })

    story(`${name} signs in`, { over: 'every' }, async ({ alice }) => {
      const pc = await alice.client('pc', { mechanism: name })
      await pc.receivesNothing()
    })
  }

  story(
    'RFC 7677 SCRAM-SHA-256 signs in',
    {
      over: 'every',
      leavesOut: { prosody: 'stores SHA-1 keys only', ejabberd: 'stores SHA-1 keys only' },
    },
    async ({ alice }) => {
      await alice.client('pc', { mechanism: 'SCRAM-SHA-256' })
    },
  )

  story(
    '§6.3.3 stronger mechanisms come first',
    {
      leavesOut: { prosody: 'its order is that of a hash table, by chance' },
      differs: { ejabberd: 'sorts them otherwise; RFC 6120 wants the order of preference' },
    },
    async (cast) => {
      const { features } = await ready(cast)
      const names = mechanismsOf(features)
      expect(names.indexOf('SCRAM-SHA-1')).toBeLessThan(names.indexOf('PLAIN'))
    },
  )

  story('§6.3.3 no mechanism is offered twice', async (cast) => {
    const { features } = await ready(cast)
    const names = mechanismsOf(features)
    expect(names).toEqual([...new Set(names)])
  })

  story('§6.4.6 after success a new stream with a new id follows', async (cast) => {
    const { alice } = cast
    const { stream, features } = await ready(cast)
    const before = [...stream.received.matchAll(/ id=(['"])(.*?)\1/g)].map((match) => match[2])
    await authenticate(stream, alice, features)
    const after = [...stream.received.matchAll(/ id=(['"])(.*?)\1/g)].map((match) => match[2])
    expect(after.length).toBeGreaterThan(before.length)
    expect(new Set(after).size).toBe(after.length)
  })

  story('§6.4.1 a name in capitals is the same account', async (cast) => {
    const { alice } = cast
    const { stream, features } = await ready(cast)
    await authenticate(stream, { local: alice.local.toUpperCase(), password: alice.password }, features, 'PLAIN')
  })
})

describe('RFC 4616 PLAIN', () => {
  const refused: readonly [string, string, (local: string, password: string) => string][] = [
    ['a wrong password', 'not-authorized', (local) => plainPayload(local, 'wrong')],
    ['an unknown user', 'not-authorized', (_, password) => plainPayload('nobody-at-all', password)],
  ]
  for (const [what, condition, payload] of refused) {
    story(`§6.5.10 ${condition}: ${what}`, { over: 'every' }, async (cast) => {
      const { alice } = cast
      const { stream } = await ready(cast)
      sendAuth(stream, 'PLAIN', payload(alice.local, alice.password))
      await stream.receives(failure(condition))
    })
  }

  story(
    '§6.5.8 malformed-request: no separator in the payload',
    { differs: { ejabberd: 'answers not-authorized, which RFC 6120 §6.5.10 allows but does not name for this' } },
    async (cast) => {
      const { alice } = cast
      const { stream } = await ready(cast)
      sendAuth(stream, 'PLAIN', toBase64(alice.local))
      await stream.receives(failure('malformed-request'))
    },
  )

  story(
    '§6.5.5 incorrect-encoding: this is not base64',
    { differs: { ejabberd: 'answers malformed-request' } },
    async (cast) => {
      const { stream } = await ready(cast)
      sendAuth(stream, 'PLAIN', '*not*base64*')
      await stream.receives(failure('incorrect-encoding'))
    },
  )

  story('the own bare JID may be asked for as identity', async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    sendAuth(stream, 'PLAIN', plainPayload(alice.local, alice.password, alice.jid))
    await stream.receives(`<success xmlns='${NS.sasl}'/>`)
  })

  story(
    '§6.5.6 invalid-authzid: the identity of somebody else',
    { differs: { prosody: 'ignores the authorization identity', ejabberd: 'ignores the authorization identity' } },
    async (cast) => {
      const { alice, bob } = cast
      const { stream } = await ready(cast)
      sendAuth(stream, 'PLAIN', plainPayload(alice.local, alice.password, bob.jid))
      await stream.receives(failure('invalid-authzid'))
    },
  )

  story(
    '§6.4.2 without an initial response the server asks for it',
    {
      differs: {
        prosody: 'takes a missing response for an empty one; RFC 6120 §6.4.2 wants an empty challenge',
        ejabberd: 'takes a missing response for an empty one; RFC 6120 §6.4.2 wants an empty challenge',
      },
    },
    async (cast) => {
      const { alice } = cast
      const { stream } = await ready(cast)
      stream.send(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'/>`)
      await stream.receives(`<challenge xmlns='${NS.sasl}'/>`)
      stream.send(`<response xmlns='${NS.sasl}'>${plainPayload(alice.local, alice.password)}</response>`)
      await stream.receives(`<success xmlns='${NS.sasl}'/>`)
    },
  )

  story(
    'the name may be given with the domain',
    { differs: { prosody: 'takes the whole for the name; that the domain may be added is a rule of ours' } },
    async (cast) => {
      const { alice } = cast
      const { stream } = await ready(cast)
      sendAuth(stream, 'PLAIN', plainPayload(alice.jid, alice.password))
      await stream.receives(`<success xmlns='${NS.sasl}'/>`)
    },
  )
})

describe('RFC 6120 §6.4 and §6.5 the exchange', () => {
  story('§6.5.7 invalid-mechanism: never heard of', async (cast) => {
    const { stream } = await ready(cast)
    sendAuth(stream, 'TELEPATHY', '=')
    await stream.receives(failure('invalid-mechanism'))
  })

  story('§6.4.4 abort is answered with aborted', async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    sendAuth(
      stream,
      'SCRAM-SHA-1',
      toBase64(new ScramClient({ mechanism: 'SCRAM-SHA-1', user: alice.local, password: '' }).first()),
    )
    await stream.receives(`<challenge xmlns='${NS.sasl}'>{data}</challenge>`)
    stream.send(`<abort xmlns='${NS.sasl}'/>`)
    await stream.receives(failure('aborted'))
  })

  story('§6.4.5 after a failure the client may try again', async (cast) => {
    const { alice } = cast
    const { stream, features } = await ready(cast)
    sendAuth(stream, 'PLAIN', plainPayload(alice.local, 'wrong'))
    await stream.receives(failure('not-authorized'))
    await authenticate(stream, alice, features, 'PLAIN')
  })

  story(
    '§6.4.5 two failures are forgiven, a series of them is not',
    {
      differs: {
        prosody: 'sets no limit; the limit of three is ours',
        ejabberd: 'sets no limit to a connection; the limit of three is ours',
      },
    },
    async (cast) => {
      const { alice } = cast
      const { stream } = await ready(cast)
      for (let attempt = 1; attempt <= 2; attempt++) {
        sendAuth(stream, 'PLAIN', plainPayload(alice.local, `wrong ${attempt}`))
        await stream.receives(failure('not-authorized'))
      }
      sendAuth(stream, 'PLAIN', plainPayload(alice.local, 'wrong again'))
      await stream.receives(failure('not-authorized'))
      await stream.receivesStreamError('policy-violation')
    },
  )

  story('§6.4.5 the account is open again on a new connection', async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    sendAuth(stream, 'PLAIN', plainPayload(alice.local, 'wrong'))
    await stream.receives(failure('not-authorized'))
    await alice.client('pc')
  })
})

describe('RFC 6120 §4.9.3.9 invalid-from at sign-in', () => {
  story(
    'the stream was opened in the name of somebody else',
    {
      differs: {
        prosody: 'takes the name in the header for a hint only',
        ejabberd: 'takes the name in the header for a hint only',
      },
      over: ['tcp', 'tls'],
    },
    async (cast) => {
      const { alice, bob, connect } = cast
      const stream = await connect('tls')
      stream.open({ from: bob.jid })
      await stream.receivesHeader()
      await stream.receivesFeatures()
      sendAuth(stream, 'PLAIN', plainPayload(alice.local, alice.password))
      await stream.receivesStreamError('invalid-from')
    },
  )
})
