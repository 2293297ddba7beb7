import { describe, expect, it } from 'vitest'
import { Jid } from '../../jid/jid.ts'
import { newItem } from './roster.ts'
import { selectionOf } from './selection.ts'
import { noSubscription } from './subscription.ts'

const user = Jid.parse('alice@a.example')
const item = (contact: string, state: Partial<typeof noSubscription> = {}) => ({
  ...newItem(Jid.parse(contact)),
  state: { ...noSubscription, ...state },
})
const any = { subscriptions: 'any', asks: 'any', users: 'any', contacts: 'any' }

describe('contacts that a command is about', () => {
  it('are all of them, or those with a subscription, or with a question that waits', () => {
    const select = (words: Partial<typeof any>, state: Partial<typeof noSubscription>) =>
      selectionOf({ ...any, ...words })(user, item('bob@b.example', state))
    expect(select({}, {})).toBe(true)
    expect(select({ subscriptions: 'none:both' }, {})).toBe(true)
    expect(select({ subscriptions: 'none:both' }, { to: true, from: true })).toBe(true)
    expect(select({ subscriptions: 'none:both' }, { to: true })).toBe(false)
    expect(select({ asks: 'none' }, {})).toBe(true)
    expect(select({ asks: 'none' }, { pendingOut: true })).toBe(false)
    expect(select({ asks: 'in' }, { pendingOut: true })).toBe(false)
    expect(select({ asks: 'in' }, { pendingOut: true, pendingIn: true })).toBe(true)
    expect(() => selectionOf({ ...any, subscriptions: 'none:some' })).toThrow('"some" is not among')
    expect(() => selectionOf({ ...any, asks: 'both' })).toThrow('"both" is not among')
  })

  it('are those whose addresses look like one of some patterns', () => {
    const fits = (contacts: string, contact: string) => selectionOf({ ...any, contacts })(user, item(contact))
    expect(fits('*@*', 'bob@b.example')).toBe(true)
    expect(fits('*@*', 'b.example')).toBe(false)
    expect(fits('*', 'b.example')).toBe(true)
    expect(fits('*', 'bob@b.example')).toBe(false)
    for (const contact of ['icq.b.example', '1@icq.b.example']) expect(fits('*:*@*icq*', contact)).toBe(true)
    expect(fits('*:*@*icq*', 'bob@b.example')).toBe(false)
    expect(fits('b?b@b.example', 'bob@b.example')).toBe(true)
    expect(fits('b?b@b.example', 'bob@bxexample')).toBe(false)
    const of = (users: string) => selectionOf({ ...any, users })(user, item('bob@b.example'))
    expect([of('alice@a.example'), of('*@a.example'), of('alice@b.example')]).toEqual([true, true, false])
  })
})
