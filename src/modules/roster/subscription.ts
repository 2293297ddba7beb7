/**
 * The state of a user's subscriptions toward one contact and how it moves (RFC 6121 appendix A).
 * Pure: no roster, no stanzas.
 */
export interface SubscriptionState {
  /** The user gets the contact's presence. */
  readonly to: boolean
  /** The contact gets the user's presence. */
  readonly from: boolean
  /** The user has asked and waits. */
  readonly pendingOut: boolean
  /** The contact has asked and waits. */
  readonly pendingIn: boolean
  /** The user has agreed before being asked (RFC 6121 §3.4). */
  readonly approved: boolean
}

export const noSubscription: SubscriptionState = {
  to: false,
  from: false,
  pendingOut: false,
  pendingIn: false,
  approved: false,
}

export type SubscriptionVerb = 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed'

export function isSubscriptionVerb(type: string): type is SubscriptionVerb {
  return type === 'subscribe' || type === 'subscribed' || type === 'unsubscribe' || type === 'unsubscribed'
}

/** The new state after the user has sent `verb` to the contact. */
export function afterSending(state: SubscriptionState, verb: SubscriptionVerb): SubscriptionState {
  switch (verb) {
    case 'subscribe':
      return state.to ? state : { ...state, pendingOut: true }
    case 'unsubscribe':
      return { ...state, to: false, pendingOut: false }
    case 'subscribed':
      if (state.pendingIn) return { ...state, from: true, pendingIn: false }
      return state.from ? state : { ...state, approved: true }
    case 'unsubscribed':
      return { ...state, from: false, pendingIn: false, approved: false }
  }
}

export interface Received {
  readonly state: SubscriptionState
  /** Whether the user's sessions are told. */
  readonly deliver: boolean
  /** What the server answers by itself. */
  readonly reply?: 'subscribed' | 'unsubscribed'
}

/** What follows when the contact's `verb` arrives. */
export function afterReceiving(state: SubscriptionState, verb: SubscriptionVerb): Received {
  switch (verb) {
    case 'subscribe':
      return receiveSubscribe(state)
    case 'unsubscribe':
      if (!state.from && !state.pendingIn) return { state, deliver: false }
      return { state: { ...state, from: false, pendingIn: false }, deliver: true, reply: 'unsubscribed' }
    case 'subscribed':
      return state.pendingOut
        ? { state: { ...state, to: true, pendingOut: false }, deliver: true }
        : { state, deliver: false }
    case 'unsubscribed':
      if (!state.to && !state.pendingOut) return { state, deliver: false }
      return { state: { ...state, to: false, pendingOut: false }, deliver: true }
  }
}

function receiveSubscribe(state: SubscriptionState): Received {
  if (state.from) return { state, deliver: false, reply: 'subscribed' }
  if (state.approved) return { state: { ...state, from: true, approved: false }, deliver: false, reply: 'subscribed' }
  if (state.pendingIn) return { state, deliver: false }
  return { state: { ...state, pendingIn: true }, deliver: true }
}

/** The `subscription` attribute of a roster item. */
export function subscriptionName({ to, from }: SubscriptionState): 'none' | 'to' | 'from' | 'both' {
  if (to) return from ? 'both' : 'to'
  return from ? 'from' : 'none'
}

/** The state as a small number, for storage. */
export function encodeState(state: SubscriptionState): number {
  return (
    Number(state.to) |
    (Number(state.from) << 1) |
    (Number(state.pendingOut) << 2) |
    (Number(state.pendingIn) << 3) |
    (Number(state.approved) << 4)
  )
}

export function decodeState(bits: number): SubscriptionState {
  return {
    to: (bits & 1) !== 0,
    from: (bits & 2) !== 0,
    pendingOut: (bits & 4) !== 0,
    pendingIn: (bits & 8) !== 0,
    approved: (bits & 16) !== 0,
  }
}
