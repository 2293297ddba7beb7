import { describe, expect } from 'vitest'
import { mam, search } from '../support/archive.ts'
import type { Client } from '../support/client.ts'
import { befriend } from '../support/friends.ts'
import { type StoryOptions, story } from '../support/story.ts'

const archiving: StoryOptions = { archiving: true }

interface Wanted {
  readonly default: string
  readonly always?: readonly string[]
  readonly never?: readonly string[]
}

function prefs({ default: standard, always = [], never = [] }: Wanted, ns = mam): string {
  const list = (jids: readonly string[]) => jids.map((jid) => `<jid>${jid}</jid>`).join('')
  return `<prefs xmlns='${ns}' default='${standard}'><always>${list(always)}</always><never>${list(never)}</never></prefs>`
}

const rowsOf = async (client: Client, inner: string, type: 'get' | 'set' = 'get') => {
  const element = (await client.asks(inner, type)).child('prefs', mam)
  const listed = (name: string) =>
    element
      ?.child(name)
      ?.elements()
      .map((jid) => jid.text())
  return { default: element?.attr('default'), always: listed('always'), never: listed('never') }
}

describe('XEP-0441 archive preferences', () => {
  story('§2.1 what was set is what is told', archiving, async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    expect(await rowsOf(pc, `<prefs xmlns='${mam}'/>`)).toMatchObject({ always: [], never: [] })
    const wanted = { default: 'never', always: [bob.jid], never: ['montague@montague.example'] }
    expect(await rowsOf(pc, prefs(wanted), 'set')).toEqual(wanted)
    expect(await rowsOf(pc, `<prefs xmlns='${mam}'/>`)).toEqual(wanted)
    const none = { default: 'roster', always: [], never: [] }
    await rowsOf(pc, prefs(none), 'set')
    expect(await rowsOf(pc, `<prefs xmlns='${mam}'/>`)).toEqual(none)
  })

  story(
    '§2.1 addresses are prepared, what is none is passed over',
    { archiving: true, leavesOut: { prosody: 'keeps them as they are', ejabberd: 'refuses them' } },
    async ({ alice }) => {
      const pc = await alice.client('pc')
      const inner = `<prefs xmlns='${mam}' default='always'><always>text<jid>Romeo@Montague.Example</jid><jid>@</jid></always></prefs>`
      const expected = { default: 'always', always: ['romeo@montague.example'], never: [] }
      expect(await rowsOf(pc, inner, 'set')).toEqual(expected)
      await pc.asks(`<prefs xmlns='${mam}' default='sometimes'/>`, 'set', { refused: 'bad-request' })
      const many = Array.from({ length: 1001 }, (_, at) => `u${at}@montague.example`)
      await pc.asks(prefs({ default: 'always', always: many }), 'set', { refused: 'resource-constraint' })
      expect(await rowsOf(pc, `<prefs xmlns='${mam}'/>`)).toEqual(expected)
      const old = await pc.asks(`<prefs xmlns='urn:xmpp:mam:1'/>`)
      expect(old.child('prefs', 'urn:xmpp:mam:1')?.attr('default')).toBe('always')
    },
  )

  for (const standard of ['always', 'never', 'roster'] as const) {
    for (const listed of ['always', 'never', 'nowhere'] as const) {
      story(
        `§2.3 by default ${standard}, the other listed ${listed}: a friend and a stranger`,
        { archiving: true, leavesOut: { ejabberd: 'takes a moment to do so' } },
        async (cast) => {
          const { alice, bob, carol } = cast
          await befriend(cast, alice, bob)
          const [pc, friend, stranger] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
          const others = [bob.jid, carol.jid]
          const lists = listed === 'nowhere' ? {} : { [listed]: others }
          await rowsOf(pc, prefs({ default: standard, ...lists }), 'set')
          for (const other of [friend, stranger]) {
            other.sends(`<message to='${pc.jid}' type='chat'><body>in</body></message>`)
            await other.isHeard()
            pc.sends(`<message to='${other.jid}' type='chat'><body>out</body></message>`)
          }
          await pc.isHeard()
          const kept = async (other: Client) => (await search(pc, { fields: { with: other.bare } })).bodies.length
          const isFriendKept = listed === 'always' || (listed === 'nowhere' && standard !== 'never')
          const isStrangerKept = listed === 'always' || (listed === 'nowhere' && standard === 'always')
          expect([await kept(friend), await kept(stranger)]).toEqual([isFriendKept ? 2 : 0, isStrangerKept ? 2 : 0])
        },
      )
    }
  }

  story(
    '§2.3 a rule for a resource comes before that for its account',
    { archiving: true, leavesOut: { prosody: 'looks at accounts', ejabberd: 'looks at accounts' } },
    async ({ alice, bob }) => {
      const [pc, bobs, phone] = [await alice.client('pc'), await bob.client('pc'), await bob.client('phone')]
      await rowsOf(pc, prefs({ default: 'always', always: [bobs.jid], never: [bob.jid] }), 'set')
      for (const other of [bobs, phone]) {
        other.sends(`<message to='${pc.jid}' type='chat'><body>${other.resource}</body></message>`)
        await other.isHeard()
      }
      expect((await search(pc)).bodies).toEqual(['pc'])
    },
  )
})
