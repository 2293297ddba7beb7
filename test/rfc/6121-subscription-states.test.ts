import { describe, expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { sendSubscription } from '../support/friends.ts'
import { type Cast, type Marks, story, type User } from '../support/story.ts'
import type { XmlNode } from '../support/xml.ts'

/** Two people at their desks, who have asked for their rosters. */
async function atDesks({ alice, bob }: Pick<Cast, 'alice' | 'bob'>): Promise<[Client, Client]> {
  return [await alice.client('pc', { roster: true }), await bob.client('pc', { roster: true })]
}

/** The states of RFC 6121 appendix A: N, T, F, B, with `o` for a request sent and `i` for one received. */
const states = ['N', 'N+o', 'N+i', 'N+oi', 'T', 'T+i', 'F', 'F+o', 'B'] as const
type State = (typeof states)[number]
type Direction = 'out' | 'in'

/** What becomes of each state, in the order of `states`. Read from RFC 6121 §A.2 and §A.3; `B` at `in subscribed` of F is not. */
const table: readonly [Direction, string, readonly State[]][] = [
  ['out', 'subscribe', ['N+o', 'N+o', 'N+oi', 'N+oi', 'T', 'T+i', 'F+o', 'F+o', 'B']],
  ['out', 'unsubscribe', ['N', 'N', 'N+i', 'N+i', 'N', 'N+i', 'F', 'F', 'F']],
  ['out', 'subscribed', ['N', 'N+o', 'F', 'F+o', 'T', 'B', 'F', 'F+o', 'B']],
  ['out', 'unsubscribed', ['N', 'N+o', 'N', 'N+o', 'T', 'T', 'N', 'N+o', 'T']],
  ['in', 'subscribe', ['N+i', 'N+oi', 'N+i', 'N+oi', 'T+i', 'T+i', 'F', 'F+o', 'B']],
  ['in', 'unsubscribe', ['N', 'N+o', 'N', 'N+o', 'T', 'T', 'N', 'N+o', 'T']],
  ['in', 'subscribed', ['N', 'T', 'N+i', 'T+i', 'T', 'T+i', 'F', 'B', 'B']],
  ['in', 'unsubscribed', ['N', 'N', 'N+i', 'N+i', 'N', 'N+i', 'F', 'F', 'F']],
]

/** The steps that lead to a state: `>` from the user to the contact, `<` the other way. */
const waysTo: Readonly<Record<State, readonly string[]>> = {
  N: [],
  'N+o': ['>subscribe'],
  'N+i': ['<subscribe'],
  'N+oi': ['>subscribe', '<subscribe'],
  T: ['>subscribe', '<subscribed'],
  'T+i': ['>subscribe', '<subscribed', '<subscribe'],
  F: ['<subscribe', '>subscribed'],
  'F+o': ['<subscribe', '>subscribed', '>subscribe'],
  B: ['<subscribe', '>subscribed', '>subscribe', '<subscribed'],
}

const cellMarks: Readonly<Record<string, Marks>> = {
  'out subscribed T': { ejabberd: 'moves on to B although nobody asked' },
  'in subscribed F': { ejabberd: 'moves on to B although nobody asked' },
  'in unsubscribe N+i': { ejabberd: 'takes the request away without a word' },
}

describe('RFC 6121 appendix A: each state and each event', () => {
  for (const [direction, event, results] of table) {
    for (const [index, before] of states.entries()) {
      const after = results[index] ?? before
      const title = `${direction} ${event} at ${before}${after === before ? ': no change' : `: ${after}`}`
      story(title, { users: ['alice', 'bob'], differs: cellMarks[`${direction} ${event} ${before}`] }, (cast) =>
        tellCell(cast, [cast.alice, cast.bob], { direction, event, before, after }),
      )
    }
  }
})

interface Cell {
  readonly direction: Direction
  readonly event: string
  readonly before: State
  readonly after: State
}

async function tellCell(
  cast: Cast,
  [alice, bob]: readonly [User, User],
  { direction, event, before, after }: Cell,
): Promise<void> {
  const [pc, bobs] = await atDesks({ alice, bob })
  for (const step of waysTo[before]) {
    if (step.startsWith('>')) sendSubscription(pc, step.slice(1), bob)
    else sendSubscription(bobs, step.slice(1), alice)
    await cast.settle()
  }
  await pc.drains()
  expect(await stateOf(cast, alice, bob), 'the state before').toBe(before)
  for (const client of [pc, bobs]) await client.drains()
  if (direction === 'out') sendSubscription(pc, event, bob)
  else sendSubscription(bobs, event, alice)
  await cast.settle()
  const seen = await pc.drains()
  expect(await stateOf(cast, alice, bob), 'the state after').toBe(after)
  if (direction === 'in') expect(isDelivered(seen, event, bob), 'shown to the user').toBe(after !== before)
}

function isDelivered(seen: readonly XmlNode[], type: string, sender: User): boolean {
  return seen.some(
    (stanza) => stanza.name === 'presence' && stanza.attr('type') === type && stanza.attr('from') === sender.jid,
  )
}

/** The state as its owner can see it: the roster item, and whether a request waits at sign-in. */
async function stateOf(cast: Cast, owner: User, contact: User): Promise<string> {
  const visitor = await owner.client()
  await cast.settle()
  const isAsked = isDelivered(await visitor.drains(), 'subscribe', contact)
  const entry = (await visitor.roster()).find((item) => item.attr('jid') === contact.jid)
  await visitor.leaves()
  await cast.settle()
  const letter = { none: 'N', to: 'T', from: 'F', both: 'B' }[entry?.attr('subscription') ?? 'none'] ?? '?'
  const pending = `${entry?.attr('ask') === 'subscribe' ? 'o' : ''}${isAsked ? 'i' : ''}`
  return pending ? `${letter}+${pending}` : letter
}
