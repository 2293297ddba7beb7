import { describe, expect } from 'vitest'
import { sm } from '../support/managed.ts'
import { authenticate2, identityOf, inlineOf } from '../support/sasl2.ts'
import { openSecure } from '../support/sign-in.ts'
import { type Cast, type StoryOptions, story } from '../support/story.ts'
import type { RawStream } from '../support/stream.ts'
import { NS, type XmlNode } from '../support/xml.ts'

const bind2 = 'urn:xmpp:bind:0'
const secure: StoryOptions = {
  users: ['alice', 'bob'],
  over: ['tcp', 'tls'],
  leavesOut: { prosody: 'has no Bind 2', ejabberd: 'differs in its answers' },
}
const bind = `<bind xmlns='${bind2}'><enable xmlns='${sm}' resume='true'/></bind>`
const resumption = (id: string, h: number | string) => `<resume xmlns='${sm}' previd='${id}' h='${h}'/>`

async function signIn({ connect, alice }: Pick<Cast, 'connect' | 'alice'>, inline: string) {
  const stream = await connect()
  await openSecure(stream)
  return { stream, success: await authenticate2(stream, alice, { inline }) }
}

const enabledIn = (success: XmlNode) => success.child('bound', bind2)?.child('enabled', sm)?.attr('id') ?? ''

async function bound(cast: Cast): Promise<{ stream: RawStream; id: string; jid: string }> {
  const { stream, success } = await signIn(cast, bind)
  // Who has it enabled is not asked again: that would look like an invitation to resume.
  expect((await stream.receivesFeatures()).child('sm', sm)).toBeUndefined()
  return { stream, id: enabledIn(success), jid: identityOf(success) }
}

describe('XEP-0198 inside SASL2 and Bind 2', () => {
  story('it is offered in both', secure, async ({ connect }) => {
    const offer = inlineOf(await openSecure(await connect()))
    expect(offer?.child('sm', sm)).toBeDefined()
    const inline = offer?.child('bind', bind2)?.child('inline', bind2)?.elements() ?? []
    expect(inline.map((feature) => feature.attr('var'))).toContain(sm)
  })

  story('enabled while binding, what is sent with it counts', secure, async (cast) => {
    const { stream, id } = await bound(cast)
    expect(id).toHaveLength(28)
    stream.send(`<presence/><r xmlns='${sm}'/>`)
    await stream.finds(`<a xmlns='${sm}' h='1'/>`)
    stream.send(`<enable xmlns='${sm}'/>`)
    await stream.finds(`<failed xmlns='${sm}'><unexpected-request xmlns='${NS.stanzaErrors}'/></failed>`)
  })

  story('resumed while signing in: no bind, no features, then what was kept', secure, async (cast) => {
    const { bob } = cast
    const { stream, id, jid } = await bound(cast)
    const other = await bob.client()
    stream.destroy()
    other.sends(`<message to='${jid}' type='chat'><body>kept</body></message>`)
    await other.isHeard()
    const { stream: again, success } = await signIn(cast, `${bind}${resumption(id, 0)}`)
    expect(identityOf(success)).toBe(jid)
    expect(success.child('resumed', sm)?.attr('h')).toBe('0')
    expect(success.child('bound', bind2)).toBeUndefined()
    await again.receives(`<message to='${jid}'><body>kept</body>{any}</message>`)
    again.send(`<message to='${other.jid}' type='chat'><body>back</body></message>`)
    await other.receives(`<message from='${jid}'><body>back</body></message>`)
  })

  for (const [what, request] of [
    ['an unknown stream', resumption('nothing', 0)],
    ['no count', resumption('nothing', 'x')],
  ] as const) {
    story(`${what} fails to be resumed, and binding goes on`, secure, async (cast) => {
      const { stream, success } = await signIn(cast, `${bind}${request}`)
      const condition = what === 'no count' ? 'bad-request' : 'item-not-found'
      expect(success.child('failed', sm)?.child(condition, NS.stanzaErrors)).toBeDefined()
      expect(enabledIn(success)).not.toBe('')
      await stream.receivesFeatures()
    })
  }

  story('too high a count is bad-request and harms nothing', secure, async (cast) => {
    const { id } = await bound(cast)
    const { success } = await signIn(cast, resumption(id, 40))
    expect(success.child('failed', sm)?.child('bad-request', NS.stanzaErrors)).toBeDefined()
    const { success: right } = await signIn(cast, resumption(id, 0))
    expect(right.child('resumed', sm)).toBeDefined()
  })

  story('the stream of somebody else is not found', secure, async (cast) => {
    const { bob } = cast
    const { id } = await bound(cast)
    const stream = await cast.connect()
    await openSecure(stream)
    const success = await authenticate2(stream, bob, { inline: resumption(id, 0) })
    expect(success.child('failed', sm)?.child('item-not-found', NS.stanzaErrors)).toBeDefined()
  })
})
