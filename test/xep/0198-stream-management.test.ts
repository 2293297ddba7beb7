import { describe, expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { acknowledges, enable, handled, nextBody, resume, sm, unbound } from '../support/managed.ts'
import { openSecure } from '../support/sign-in.ts'
import { type Cast, type StoryOptions, story, type User } from '../support/story.ts'
import { NS } from '../support/xml.ts'

const every: StoryOptions = { over: 'every' }
const unexpected = `<failed xmlns='${sm}' {any}><unexpected-request xmlns='${NS.stanzaErrors}'/>{any}</failed>`

const chat = (to: string, body: string) => `<message to='${to}' type='chat' id='${body}'><body>${body}</body></message>`

/** Somebody who is online with stream management, and the id of the stream. */
async function managed(user: User, resource = 'phone'): Promise<{ client: Client; id: string }> {
  const client = await user.client(resource, { presence: false })
  const id = await enable(client)
  client.sends('<presence/>')
  await client.meets(client.jid)
  return { client, id }
}

/** Cuts the connection without a word. */
async function cut(client: Client): Promise<void> {
  client.destroy()
  await client.inbox.take((item) => item.kind === 'closed')
}

/** Comes back over another connection. */
async function back(cast: Cast, user: User, id: string, h: number): Promise<{ client: Client; told: number }> {
  const client = await unbound(cast, user)
  return { client, told: await resume(client, id, h) }
}

describe('XEP-0198 stream management', () => {
  story('§3 it is announced once somebody has signed in', every, async (cast) => {
    const features = await openSecure(await cast.connect())
    const client = await unbound(cast, cast.alice)
    expect(features.child('sm', sm)).toBeUndefined()
    expect(client.features.child('sm', sm)).toBeDefined()
    client.destroy()
  })

  story('§3 enabled after binding, with an id where it can be resumed', every, async ({ alice }) => {
    const [one, two] = [await alice.client('one'), await alice.client('two')]
    expect((await enable(one)).length).toBeGreaterThanOrEqual(12)
    two.send(`<enable xmlns='${sm}'/>`)
    expect((await two.finds(`<enabled xmlns='${sm}' {any}/>`)).element.attr('resume')).toBeUndefined()
  })

  story(
    '§3 not enabled before binding; the stream lives',
    { differs: { ejabberd: 'says not-authorized' } },
    async (cast) => {
      const client = await unbound(cast, cast.alice)
      client.send(`<enable xmlns='${sm}' resume='true'/>`)
      await client.receives(unexpected)
      expect(await client.bind('pc')).toBe(`${cast.alice.jid}/pc`)
      client.destroy()
    },
  )

  story(
    '§3 enabling it twice ends the stream',
    { leavesOut: { prosody: 'lets the stream live', ejabberd: 'lets the stream live' } },
    async ({ alice }) => {
      const client = await alice.client()
      await enable(client)
      client.send(`<enable xmlns='${sm}'/>`)
      await client.finds(unexpected)
      await client.receivesEnd()
      await client.receivesClose()
    },
  )

  story('§4 what the server has handled: stanzas of all kinds, and nothing else', every, async ({ alice, bob }) => {
    const client = await alice.client()
    await enable(client)
    expect(await handled(client)).toBe(0)
    client.sends(chat(bob.jid, 'one'))
    expect(await handled(client)).toBe(1)
    await client.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: bob.domain })
    client.sends(`<presence><show>away</show></presence>`)
    client.sends(`<message to='@' id='broken'/>`)
    client.sends(`<iq type='set' id='s'><session xmlns='${NS.session}'/></iq>`)
    acknowledges(client, 0)
    client.send(`<active xmlns='urn:xmpp:csi:0'/>`)
    expect(await handled(client)).toBe(5)
  })

  story(
    '§4 the server asks after each stanza',
    { ...every, leavesOut: { prosody: 'asks now and then', ejabberd: 'asks now and then' } },
    async ({ alice, bob }) => {
      const { client } = await managed(alice)
      const other = await bob.client()
      await client.finds(`<r xmlns='${sm}'/>`)
      acknowledges(client, 1)
      await client.drains()
      other.sends(chat(client.jid, 'one'))
      await client.receives(`<message><body>one</body></message>`)
      await client.receives(`<r xmlns='${sm}'/>`)
    },
  )

  story(
    '§6 acknowledging more than was sent ends the stream',
    { leavesOut: { prosody: 'counts otherwise', ejabberd: 'not tried' } },
    async ({ alice }) => {
      const client = await alice.client()
      await enable(client)
      acknowledges(client, 7)
      const error = await client.receivesStreamError('undefined-condition')
      const detail = error.child('handled-count-too-high', sm)
      expect([detail?.attr('h'), detail?.attr('send-count')]).toEqual(['7', '0'])
    },
  )

  for (const h of ['', `h='-1'`, `h='x'`, `h='4294967296'`]) {
    story(
      `§4 an acknowledgement without a count ends the stream: ${h}`,
      { leavesOut: { prosody: 'ignores it', ejabberd: 'has another error' } },
      async ({ alice }) => {
        const client = await alice.client()
        await enable(client)
        client.send(`<a xmlns='${sm}' ${h}/>`)
        await client.receivesStreamError('policy-violation')
      },
    )
  }

  story('§5 what was not acknowledged comes again, in order and once, with the time it came', every, async (cast) => {
    const { alice, bob } = cast
    const { client, id } = await managed(alice)
    const other = await bob.client()
    for (const body of ['one', 'two', 'three']) other.sends(chat(client.jid, body))
    for (const body of ['one', 'two', 'three']) expect(await nextBody(client)).toBe(body)
    // Its own presence, and one message.
    acknowledges(client, 2)
    await cut(client)
    other.sends(chat(alice.jid, 'four'))
    await other.isHeard()
    const { client: again, told } = await back(cast, alice, id, 2)
    expect(told).toBeGreaterThanOrEqual(1)
    for (const body of ['two', 'three', 'four']) {
      const { element } = await again.finds(`<message from='${other.jid}'><body>${body}</body>{any}</message>`)
      await cast.unless({ prosody: 'marks otherwise' }, async () =>
        expect(element.child('delay', 'urn:xmpp:delay')?.attr('from')).toBe(alice.domain),
      )
    }
    again.send(`<r xmlns='${sm}'/>`)
    await again.finds(`<a xmlns='${sm}' {any}/>`)
    expect(again.inbox.items.filter((item) => item.kind === 'element' && item.element.name === 'message')).toEqual([])
    again.destroy()
  })

  story(
    '§5 others see the session as it was, and its answers reach it',
    { ...every, leavesOut: { ejabberd: 'shows its presence anew, before or after the message' } },
    async (cast) => {
      const { alice, bob } = cast
      const { client, id } = await managed(alice)
      const other = await alice.client('other')
      await cut(client)
      expect((await other.drains()).filter((each) => each.attr('type') === 'unavailable')).toEqual([])
      const { client: again } = await back(cast, alice, id, 1)
      again.sends(`<iq type='get' id='p' to='${bob.domain}'><ping xmlns='urn:xmpp:ping'/></iq>`)
      await again.finds(`<iq type='result' id='p'/>`)
      other.sends(chat(client.jid, 'still there'))
      expect(await nextBody(again)).toBe('still there')
      await other.receivesNothing()
      again.destroy()
    },
  )

  story(
    '§5 a stream that lives moves to the new connection, the old one ends',
    { ...every, leavesOut: { prosody: 'ends it without a word', ejabberd: 'not tried' } },
    async (cast) => {
      const { alice } = cast
      const { client, id } = await managed(alice)
      const { client: again } = await back(cast, alice, id, 1)
      const { element } = await client.finds(`<stream:error>{any}</stream:error>`)
      expect(element.child('conflict', NS.streamErrors)).toBeDefined()
      again.destroy()
    },
  )

  story('§5 it can be resumed again and again, with what is pipelined', every, async (cast) => {
    const { alice, bob } = cast
    const { client, id } = await managed(alice)
    const other = await bob.client()
    await cut(client)
    const { client: second } = await back(cast, alice, id, 1)
    await cut(second)
    other.sends(chat(alice.jid, 'hello'))
    await other.isHeard()
    const third = await unbound(cast, alice)
    third.send(`<resume xmlns='${sm}' previd='${id}' h='1'/>`)
    third.sends(chat(other.jid, 'at once'))
    await third.receives(`<resumed xmlns='${sm}' previd='${id}' {any}/>`)
    expect(await nextBody(third)).toBe('hello')
    expect(await nextBody(other)).toBe('at once')
    third.destroy()
  })

  story('§5 an unknown id is item-not-found, and a resource can be bound', async (cast) => {
    const client = await unbound(cast, cast.alice)
    client.send(`<resume xmlns='${sm}' previd='nothing' h='0'/>`)
    await client.receives(`<failed xmlns='${sm}' {any}><item-not-found xmlns='${NS.stanzaErrors}'/>{any}</failed>`)
    await client.bind('pc')
    client.destroy()
  })

  story('§5 nobody resumes the stream of somebody else', async (cast) => {
    const { alice, bob } = cast
    const { client, id } = await managed(alice)
    const thief = await unbound(cast, bob)
    thief.send(`<resume xmlns='${sm}' previd='${id}' h='0'/>`)
    await thief.receives(`<failed xmlns='${sm}' {any}><item-not-found xmlns='${NS.stanzaErrors}'/>{any}</failed>`)
    thief.destroy()
    expect(await handled(client)).toBeGreaterThan(0)
  })

  for (const broken of [`previd='x'`, `h='0'`, `previd='x' h='-3'`]) {
    story(
      `§5 bad-request: resume with ${broken}`,
      { leavesOut: { prosody: 'has other errors', ejabberd: 'has other errors' } },
      async (cast) => {
        const client = await unbound(cast, cast.alice)
        client.send(`<resume xmlns='${sm}' ${broken}/>`)
        await client.receives(`<failed xmlns='${sm}'><bad-request xmlns='${NS.stanzaErrors}'/></failed>`)
        await client.bind('pc')
        client.destroy()
      },
    )
  }

  story(
    '§5 resume with too high a count ends both',
    { leavesOut: { prosody: 'lets both live', ejabberd: 'lets both live' } },
    async (cast) => {
      const { alice } = cast
      const { client, id } = await managed(alice)
      await cut(client)
      const again = await unbound(cast, alice)
      again.send(`<resume xmlns='${sm}' previd='${id}' h='40'/>`)
      await again.receivesStreamError('undefined-condition')
      const third = await unbound(cast, alice)
      third.send(`<resume xmlns='${sm}' previd='${id}' h='1'/>`)
      await third.receives(`<failed xmlns='${sm}'><item-not-found xmlns='${NS.stanzaErrors}'/></failed>`)
      third.destroy()
    },
  )

  story('§5 no resume on a bound stream', async ({ alice }) => {
    const client = await alice.client()
    client.send(`<resume xmlns='${sm}' previd='x' h='0'/>`)
    await client.receives(unexpected)
    await client.isHeard()
  })

  story(
    '§7 a stream that is closed in order is over at once: what was left is stored',
    { ...every, differs: { ejabberd: 'returns it to its sender' } },
    async (cast) => {
      const { alice, bob } = cast
      const { client, id } = await managed(alice)
      const other = await bob.client()
      other.sends(chat(alice.jid, 'left'))
      expect(await nextBody(client)).toBe('left')
      await client.leaves()
      const again = await unbound(cast, alice)
      again.send(`<resume xmlns='${sm}' previd='${id}' h='1'/>`)
      await again.receives(`<failed xmlns='${sm}' {any}>{any}</failed>`)
      again.destroy()
      const next = await alice.client('next')
      expect(await nextBody(next)).toBe('left')
    },
  )

  story(
    '§7 the same resource binds again: what was left comes without presence',
    { leavesOut: { prosody: 'stores it', ejabberd: 'stores it' } },
    async (cast) => {
      const { alice, bob } = cast
      const { client } = await managed(alice)
      const other = await bob.client()
      for (const body of ['one', 'two']) other.sends(chat(client.jid, body))
      for (const body of ['one', 'two']) expect(await nextBody(client)).toBe(body)
      await cut(client)
      const again = await alice.client('phone', { presence: false })
      for (const body of ['one', 'two']) expect(await nextBody(again)).toBe(body)
      expect((await again.drains()).filter((element) => element.name === 'message')).toEqual([])
    },
  )

  story(
    '§7 without resumption a lost connection ends the session',
    { differs: { ejabberd: 'returns what was left to its sender' } },
    async (cast) => {
      const { alice, bob } = cast
      const client = await alice.client('phone')
      await enable(client, '')
      const other = await bob.client()
      other.sends(chat(client.jid, 'left'))
      expect(await nextBody(client)).toBe('left')
      await cut(client)
      const next = await alice.client('next')
      expect(await nextBody(next)).toBe('left')
    },
  )
})
