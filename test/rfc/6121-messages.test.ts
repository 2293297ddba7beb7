import { describe, expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { errorOf } from '../support/client.ts'
import { type Cast, type Marks, story } from '../support/story.ts'

const types = ['normal', 'chat', 'groupchat', 'headline', 'error'] as const
type MessageType = (typeof types)[number]

/**
 * What becomes of a message: `D` it is delivered to the resource named, `T` to the resources that share the highest priority, `A` to
 * all whose priority is not negative, `O` kept for later, `E` answered with service-unavailable, `S` dropped without a word.
 */
type Fate = 'D' | 'T' | 'A' | 'O' | 'E' | 'S'

interface Situation {
  readonly title: string
  /** The priorities of the resources 1, 2, 3 …; `null` for one that has sent no presence. */
  readonly online: readonly (number | null)[]
  /** The resource written to; without one the bare address. */
  readonly to?: string
  readonly isUnknown?: boolean
  /** In the order of `types`. */
  readonly fates: readonly Fate[]
  readonly marks?: Partial<Record<MessageType, Marks>>
}

const unknown = { online: [], isUnknown: true } as const

const rewritten = { ejabberd: 'puts the resource that gets it into the address' }

const situations: readonly Situation[] = [
  {
    title: '§8.5.1 bare address, no such account',
    ...unknown,
    fates: ['E', 'E', 'E', 'S', 'S'],
    marks: { headline: { ejabberd: 'refuses this too' } },
  },
  { title: '§8.5.2.2 bare address, nobody online', online: [], fates: ['O', 'O', 'E', 'S', 'S'] },
  { title: '§8.5.2.1 bare address, only a negative priority', online: [-1], fates: ['O', 'O', 'E', 'S', 'S'] },
  { title: '§8.5.2.1 bare address, only without presence', online: [null], fates: ['O', 'O', 'E', 'S', 'S'] },
  { title: '§8.5.2.1 bare address, one online', online: [0], fates: ['T', 'T', 'E', 'A', 'S'] },
  { title: '§8.5.2.1 bare address, several online', online: [5, 5, 1, -1, null], fates: ['T', 'T', 'E', 'A', 'S'] },
  { title: '§8.5.3.1 full address, online', online: [5, 0], to: '2', fates: ['D', 'D', 'D', 'D', 'D'] },
  { title: '§8.5.3.1 full address, negative priority', online: [-1, 5], to: '1', fates: ['D', 'D', 'D', 'D', 'D'] },
  { title: '§8.5.3.1 full address, without presence', online: [null], to: '1', fates: ['D', 'D', 'D', 'D', 'D'] },
  {
    title: '§8.5.3.2 full address, not there, others online',
    online: [5, 1],
    to: 'away',
    fates: ['T', 'T', 'E', 'S', 'S'],
    marks: { normal: rewritten, chat: rewritten },
  },
  {
    title: '§8.5.3.2 full address, not there, nobody online',
    online: [],
    to: 'away',
    fates: ['O', 'O', 'E', 'S', 'S'],
  },
  { title: '§8.5.1 full address, no such account', ...unknown, to: 'pc', fates: ['E', 'E', 'E', 'S', 'S'] },
]

describe('RFC 6121 §8.5 where a message goes', () => {
  for (const situation of situations) {
    for (const [index, type] of types.entries()) {
      const fate = situation.fates[index] ?? 'S'
      story(
        `${situation.title}: ${type} ${meaning[fate]}`,
        { users: ['alice', 'bob'], differs: situation.marks?.[type] },
        (cast) => tellFate(cast, situation, type, fate),
      )
    }
  }
})

const meaning: Readonly<Record<Fate, string>> = {
  D: 'is delivered there',
  T: 'goes to the highest priority',
  A: 'goes to all that want any',
  O: 'is kept',
  E: 'is refused',
  S: 'is dropped',
}

async function tellFate(cast: Cast, situation: Situation, type: MessageType, fate: Fate): Promise<void> {
  const { alice, bob } = cast
  const pc = await alice.client('pc')
  const clients: Client[] = []
  for (const [index, priority] of situation.online.entries()) {
    clients.push(await bob.client(`${index + 1}`, { presence: priority ?? false }))
  }
  const bare = situation.isUnknown ? `${cast.stranger()}@${bob.domain}` : bob.jid
  const to = situation.to ? `${bare}/${situation.to}` : bare
  const typeText = type === 'normal' ? '' : ` type='${type}'`
  const error =
    type === 'error' ? `<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>` : ''
  pc.sends(`<message to='${to}' id='m1'${typeText}><body>hi</body>${error}</message>`)
  await cast.settle()

  const wanted = receivers(situation, fate)
  const got: number[] = []
  for (const [index, client] of clients.entries()) {
    const seen = (await client.drains()).filter((stanza) => stanza.name === 'message')
    if (seen.length > 0) got.push(index)
    for (const stanza of seen) expect(stanza.attr('to')).toBe(to)
  }
  expect(got, 'the resources that got it').toEqual(wanted)
  const answers = await pc.drains()
  if (fate === 'E') {
    expect(answers.map((answer) => [answer.attr('id'), answer.attr('from'), errorOf(answer)])).toEqual([
      ['m1', to, 'service-unavailable'],
    ])
  } else expect(answers, 'answers').toEqual([])
  if (!situation.isUnknown) expect(await isKept(cast), 'kept for later').toBe(fate === 'O')
}

function receivers({ online, to }: Situation, fate: Fate): number[] {
  if (fate === 'D') return [Number(to) - 1]
  const best = Math.max(...online.map((priority) => priority ?? -1))
  return online.flatMap((priority, index) => {
    if (priority === null || priority < 0) return []
    return fate === 'A' || (fate === 'T' && priority === best) ? [index] : []
  })
}

async function isKept({ bob }: Pick<Cast, 'bob'>): Promise<boolean> {
  const later = await bob.client('later')
  const seen = await later.drains()
  return seen.some((stanza) => stanza.name === 'message')
}

describe('RFC 6121 §5 a chat', () => {
  story('§5.1 there and back', { over: 'every' }, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(
      `<message to='${bob.jid}' type='chat' id='m1' xml:lang='en'><subject>Tea</subject><body>Now?</body><thread>t1</thread></message>`,
    )
    await bobs.receives(
      `<message from='${pc.jid}' to='${bob.jid}' type='chat' id='m1'><subject>Tea</subject><body>Now?</body><thread>t1</thread></message>`,
    )
    bobs.sends(`<message to='${pc.jid}' type='chat' id='m2'><body>Now!</body><thread parent='t0'>t1</thread></message>`)
    await pc.receives(
      `<message from='${bobs.jid}' to='${pc.jid}' type='chat' id='m2'><body>Now!</body><thread parent='t0'>t1</thread></message>`,
    )
  })

  story('§5.2.2 a type that nobody knows counts as normal', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<message to='${bob.jid}' type='telegram'><body>stop</body></message>`)
    await bobs.receives(`<message from='${pc.jid}'><body>stop</body></message>`)
  })

  story('§5.2.3 several bodies and none are passed on', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<message to='${bobs.jid}'><body xml:lang='en'>hi</body><body xml:lang='de'>hallo</body></message>`)
    await bobs.receives(`<message><body xml:lang='en'>hi</body><body xml:lang='de'>hallo</body></message>`)
    pc.sends(`<message to='${bobs.jid}'/>`)
    await bobs.receives('<message/>')
  })

  story('§4.7.2.3 the priority that counts is the one said last', async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    const [one, two] = [await bob.client('1', { presence: 1 }), await bob.client('2', { presence: 2 })]
    one.sends(`<presence><priority>3</priority></presence>`)
    await one.receives(`<presence from='${one.jid}'><priority>3</priority></presence>`)
    pc.sends(`<message to='${bob.jid}' type='chat'><body>hi</body></message>`)
    await one.receives(`<message from='${pc.jid}'><body>hi</body></message>`)
    one.sends(`<presence type='unavailable'/>`)
    await one.isHeard()
    await two.drains()
    pc.sends(`<message to='${bob.jid}' type='chat'><body>again</body></message>`)
    await two.receives(`<message from='${pc.jid}'><body>again</body></message>`)
  })
})
