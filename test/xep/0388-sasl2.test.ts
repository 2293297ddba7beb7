import { createHash } from 'node:crypto'
import { describe, expect } from 'vitest'
import { ScramClient } from '../support/sasl.ts'
import {
  agentId,
  authenticate2,
  identityOf,
  inlineOf,
  offerOf,
  sasl2,
  sasl2Mechanisms,
  sendAuthenticate,
} from '../support/sasl2.ts'
import { authenticate, fromBase64, mechanismsOf, openSecure, openStream, sendAuth } from '../support/sign-in.ts'
import { type Cast, type StoryOptions, story } from '../support/story.ts'
import type { RawStream } from '../support/stream.ts'
import { NS, type XmlNode } from '../support/xml.ts'

/** Ways that are encrypted; other servers have it or not. */
const secure: StoryOptions = {
  over: ['tcp', 'tls'],
  leavesOut: { prosody: 'has no SASL2', ejabberd: 'differs in every answer' },
}

const failure = (condition: string) => `<failure xmlns='${sasl2}'><${condition} xmlns='${NS.sasl}'/>{any}</failure>`

async function ready({ connect }: Pick<Cast, 'connect'>): Promise<{ stream: RawStream; features: XmlNode }> {
  const stream = await connect()
  return { stream, features: await openSecure(stream) }
}

describe('XEP-0388 §2.1 the offer', () => {
  story('stands beside SASL, with the same mechanisms and a list of what can be inline', secure, async (cast) => {
    const { features } = await ready(cast)
    expect(sasl2Mechanisms(features)).toEqual(mechanismsOf(features))
    expect(sasl2Mechanisms(features)).toEqual(expect.arrayContaining(['SCRAM-SHA-256', 'PLAIN']))
    expect(inlineOf(features)).toBeDefined()
  })

  story('XEP-0440 the types of channel binding are announced once for both', secure, async (cast) => {
    const { features } = await ready(cast)
    const lists = features.elements().filter((node) => node.name === 'sasl-channel-binding')
    expect(lists.length).toBe(1)
  })

  story('mod_sasl2: there is none before TLS', { ...secure, over: ['tcp'] }, async ({ connect }) => {
    expect(offerOf(await openStream(await connect('tcp')))).toBeUndefined()
  })

  story('mod_sasl2: there is none on a WebSocket without TLS', { ...secure, over: ['tcp'] }, async ({ connect }) => {
    expect(offerOf(await openStream(await connect('ws')))).toBeUndefined()
  })
})

describe('XEP-0388 §2.2 to §2.5 authentication', () => {
  for (const mechanism of ['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256']) {
    story(`${mechanism} signs in, and the identity is the bare address`, secure, async (cast) => {
      const { alice } = cast
      const { stream } = await ready(cast)
      const success = await authenticate2(stream, alice, { mechanism })
      expect(identityOf(success)).toBe(alice.jid)
      expect(success.child('additional-data') === undefined).toBe(mechanism === 'PLAIN')
    })
  }

  story('§2.6.2 the features follow without a new stream, and a resource can be bound', secure, async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    await authenticate2(stream, alice)
    const features = await stream.receivesFeatures()
    expect(features.child('bind', NS.bind)).toBeDefined()
    expect(mechanismsOf(features)).toEqual([])
    expect(offerOf(features)).toBeUndefined()
    stream.send(`<iq type='set' id='b'><bind xmlns='${NS.bind}'><resource>pc</resource></bind></iq>`)
    await stream.receives(`<iq type='result' id='b'><bind xmlns='${NS.bind}'><jid>${alice.jid}/pc</jid></bind></iq>`)
  })

  story('§2.2 without an initial response the server asks for it', secure, async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    sendAuthenticate(stream, 'PLAIN', undefined)
    await stream.receives(`<challenge xmlns='${sasl2}'>{any}</challenge>`)
    stream.send(
      `<response xmlns='${sasl2}'>${Buffer.from(`\0${alice.local}\0${alice.password}`).toString('base64')}</response>`,
    )
    await stream.receives(`<success xmlns='${sasl2}'>{any}</success>`)
  })

  story('XEP-0474 the server tells in SCRAM what it has offered', secure, async (cast) => {
    const { alice } = cast
    const { stream, features } = await ready(cast)
    const client = new ScramClient({ mechanism: 'SCRAM-SHA-256', user: alice.local, password: alice.password })
    sendAuthenticate(stream, 'SCRAM-SHA-256', client.first())
    const { text } = await stream.receives(`<challenge xmlns='${sasl2}'>{data}</challenge>`)
    const told = /,h=([^,]+)/.exec(fromBase64(text.data))?.[1]
    const types =
      features
        .child('sasl-channel-binding', 'urn:xmpp:sasl-cb:0')
        ?.elements()
        .map((node) => node.attr('type') ?? '') ?? []
    const lists = [sasl2Mechanisms(features), types].map((names) => [...names].sort().join('\x1e'))
    expect(told).toBe(createHash('sha256').update(lists.join('\x1f')).digest('base64'))
  })

  story('§2.3 a user-agent needs neither id nor names', secure, async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    await authenticate2(stream, alice, { inline: `<user-agent/>` })
  })

  story('§2.3 a user-agent may tell its id', secure, async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    await authenticate2(stream, alice, { agent: agentId })
  })

  story('the classic way stays open', secure, async (cast) => {
    const { alice } = cast
    const { stream, features } = await ready(cast)
    await authenticate(stream, alice, features)
  })
})

describe('XEP-0388 §2.6.1 failure', () => {
  story(
    'a wrong password and an unknown mechanism are failures, after which the client may try again',
    secure,
    async (cast) => {
      const { alice } = cast
      const { stream } = await ready(cast)
      sendAuthenticate(stream, 'PLAIN', `\0${alice.local}\0wrong`)
      await stream.receives(failure('not-authorized'))
      sendAuthenticate(stream, 'TELEPATHY', '')
      await stream.receives(failure('invalid-mechanism'))
      await authenticate2(stream, alice)
    },
  )

  story('abort is answered with aborted, and the client may try again', secure, async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    sendAuthenticate(stream, 'PLAIN', undefined)
    await stream.receives(`<challenge xmlns='${sasl2}'>{any}</challenge>`)
    stream.send(`<abort xmlns='${sasl2}'/>`)
    await stream.receives(failure('aborted'))
    await authenticate2(stream, alice)
  })

  story('mod_sasl2: three failures end the stream', secure, async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    for (let attempt = 1; attempt <= 3; attempt++) {
      sendAuthenticate(stream, 'PLAIN', `\0${alice.local}\0wrong`)
      await stream.receives(failure('not-authorized'))
    }
    await stream.receivesStreamError('policy-violation')
  })

  story('mod_sasl2: after a failure it goes on by SASL2 only', secure, async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    sendAuthenticate(stream, 'PLAIN', `\0${alice.local}\0wrong`)
    await stream.receives(failure('not-authorized'))
    sendAuth(stream, 'PLAIN', '=')
    await stream.receivesStreamError('policy-violation')
  })

  story('incorrect-encoding: not base64', secure, async (cast) => {
    const { stream } = await ready(cast)
    stream.send(
      `<authenticate xmlns='${sasl2}' mechanism='PLAIN'><initial-response>*</initial-response></authenticate>`,
    )
    await stream.receives(failure('incorrect-encoding'))
  })
})

describe('mod_sasl2: stream errors', () => {
  for (const id of ['quill', '', 'd4565fa7-4d72-1749-b3d3-740edbf87770']) {
    story(`policy-violation: "${id}" is no version 4 UUID`, secure, async (cast) => {
      const { stream } = await ready(cast)
      sendAuthenticate(stream, 'PLAIN', 'x', { agent: id })
      await stream.receivesStreamError('policy-violation')
    })
  }

  for (const name of ['response', 'abort']) {
    story(`invalid-namespace: ${name} of the classic namespace in the middle of an exchange`, secure, async (cast) => {
      const { stream } = await ready(cast)
      sendAuthenticate(stream, 'PLAIN', undefined)
      await stream.receives(`<challenge xmlns='${sasl2}'>{any}</challenge>`)
      stream.send(`<${name} xmlns='${NS.sasl}'/>`)
      await stream.receivesStreamError('invalid-namespace')
    })
  }

  story('not-authorized: a stanza in the middle of an exchange', secure, async (cast) => {
    const { stream } = await ready(cast)
    sendAuthenticate(stream, 'PLAIN', undefined)
    await stream.receives(`<challenge xmlns='${sasl2}'>{any}</challenge>`)
    stream.send(`<message/>`)
    await stream.receivesStreamError('not-authorized')
  })

  story('policy-violation: a second authenticate after success', secure, async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    await authenticate2(stream, alice)
    await stream.receivesFeatures()
    sendAuthenticate(stream, 'PLAIN', '')
    const error = await stream.receivesStreamError('policy-violation')
    expect(error.child('text', NS.streamErrors)?.text()).toBe('SASL2 violation')
  })

  story('policy-violation: authenticate in a session', secure, async ({ alice }) => {
    const pc = await alice.client('pc')
    sendAuthenticate(pc, 'PLAIN', '')
    await pc.receivesStreamError('policy-violation')
  })

  story('policy-violation: authenticate after signing in by classic SASL', secure, async (cast) => {
    const { alice } = cast
    const { stream, features } = await ready(cast)
    await authenticate(stream, alice, features)
    sendAuthenticate(stream, 'PLAIN', '')
    await stream.receivesStreamError('policy-violation')
  })

  story('policy-violation: authenticate without TLS', { ...secure, over: ['tcp'] }, async ({ connect }) => {
    const stream = await connect('tcp')
    await openStream(stream)
    sendAuthenticate(stream, 'PLAIN', '')
    const error = await stream.receivesStreamError('policy-violation')
    expect(error.child('text', NS.streamErrors)?.text()).toBe('SASL2 violation')
  })
})
