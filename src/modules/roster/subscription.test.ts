import { describe, expect, it } from 'vitest'
import {
  afterReceiving,
  afterSending,
  decodeState,
  encodeState,
  noSubscription,
  type SubscriptionState,
  type SubscriptionVerb,
} from './subscription.ts'

// RFC 6121 appendix A: N none, T to, F from, B both; +o pending out, +i pending in.
const states: Record<string, SubscriptionState> = {
  N: noSubscription,
  'N+o': { ...noSubscription, pendingOut: true },
  'N+i': { ...noSubscription, pendingIn: true },
  'N+oi': { ...noSubscription, pendingOut: true, pendingIn: true },
  T: { ...noSubscription, to: true },
  'T+i': { ...noSubscription, to: true, pendingIn: true },
  F: { ...noSubscription, from: true },
  'F+o': { ...noSubscription, from: true, pendingOut: true },
  B: { ...noSubscription, to: true, from: true },
}
const order = ['N', 'N+o', 'N+i', 'N+oi', 'T', 'T+i', 'F', 'F+o', 'B']
const sending: Record<SubscriptionVerb, string[]> = {
  subscribe: ['N+o', 'N+o', 'N+oi', 'N+oi', 'T', 'T+i', 'F+o', 'F+o', 'B'],
  unsubscribe: ['N', 'N', 'N+i', 'N+i', 'N', 'N+i', 'F', 'F', 'F'],
  subscribed: ['N*', 'N+o*', 'F', 'F+o', 'T*', 'B', 'F', 'F+o', 'B'],
  unsubscribed: ['N', 'N+o', 'N', 'N+o', 'T', 'T', 'N', 'N+o', 'T'],
}
const receiving: Record<SubscriptionVerb, string[]> = {
  subscribe: ['N+i', 'N+oi', 'N+i', 'N+oi', 'T+i', 'T+i', 'F', 'F+o', 'B'],
  unsubscribe: ['N', 'N+o', 'N', 'N+o', 'T', 'T', 'N', 'N+o', 'T'],
  subscribed: ['N', 'T', 'N+i', 'T+i', 'T', 'T+i', 'F', 'B', 'B'],
  unsubscribed: ['N', 'N', 'N+i', 'N+i', 'N', 'N+i', 'F', 'F', 'F'],
}

function nameOf(state: SubscriptionState): string {
  const plain = { ...state, approved: false }
  const name = Object.entries(states).find(([, known]) => encodeState(known) === encodeState(plain))?.[0] ?? '?'
  return state.approved ? `${name}*` : name
}

describe('the subscription state machine', () => {
  for (const verb of Object.keys(sending) as SubscriptionVerb[]) {
    it(`moves as tabled when the user sends ${verb}`, () => {
      expect(order.map((name) => nameOf(afterSending(states[name]!, verb)))).toEqual(sending[verb])
    })
    it(`moves as tabled when ${verb} comes in, and tells the user only of what changed`, () => {
      const outcomes = order.map((name) => afterReceiving(states[name]!, verb))
      expect(outcomes.map(({ state }) => nameOf(state))).toEqual(receiving[verb])
      outcomes.forEach(({ state, deliver }, index) => {
        expect(deliver).toBe(encodeState(state) !== encodeState(states[order[index]!]!))
      })
    })
  }

  it('answers a request by itself when the contact sees the user already, or was approved before (§3.4)', () => {
    for (const name of ['F', 'F+o', 'B']) expect(afterReceiving(states[name]!, 'subscribe').reply).toBe('subscribed')
    const approved = afterSending(noSubscription, 'subscribed')
    expect(approved.approved).toBe(true)
    const outcome = afterReceiving(approved, 'subscribe')
    expect(outcome).toMatchObject({ reply: 'subscribed', deliver: false, state: { from: true, approved: false } })
  })

  it('survives storage', () => {
    for (let bits = 0; bits < 32; bits++) expect(encodeState(decodeState(bits))).toBe(bits)
  })
})
