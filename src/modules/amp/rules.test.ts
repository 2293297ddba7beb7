import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { el } from '../../xml/element.ts'
import { amp, type DeliverValue, evaluate, type Rule, rulesOf } from './rules.ts'

const rule = (condition: string, value: string, action: string) => ({ condition, value, action }) as Rule
const asked = (...rules: Record<string, string | undefined>[]) =>
  rulesOf(
    el(
      'amp',
      amp,
      rules.map((attrs) => el('rule', amp, attrs)),
    ),
  )
const online: readonly DeliverValue[] = ['direct', 'none']
const on = (deliver: readonly DeliverValue[], ...rules: Rule[]) => evaluate(rules, { deliver, resource: undefined })

describe('rules of XEP-0079', () => {
  it('are read', () => {
    expect(asked({ condition: 'deliver', value: 'direct', action: 'drop' })).toEqual([
      rule('deliver', 'direct', 'drop'),
    ])
  })

  it('are refused for the first thing that is wrong with any of them', () => {
    const expiry = { condition: 'expire-at', value: '2031-01-01T00:00:00Z', action: 'notify' }
    const alert = { condition: 'deliver', value: 'none', action: 'alert' }
    for (const bad of [
      { condition: 'deliver', value: 'none' },
      { condition: 'deliver', value: 'exact', action: 'drop' },
      { condition: '__proto__', value: 'none', action: 'drop' },
      { condition: 'deliver', value: 'none', action: 'explode' },
    ]) {
      expect(asked(expiry, alert, bad)).toMatchObject({ fault: 'invalid-rules', rules: [{ attrs: bad }] })
    }
    expect(asked(expiry, alert)).toMatchObject({ fault: 'unsupported-actions', rules: [{ attrs: alert }] })
    expect(asked(expiry)).toMatchObject({ fault: 'unsupported-conditions', rules: [{ attrs: expiry }] })
  })

  it('apply when nothing else can become of the message', () => {
    const none = rule('deliver', 'none', 'notify')
    expect(on(['none'], none)).toEqual({ match: none, open: [] })
    expect(on(['stored'], none)).toEqual({ match: undefined, open: [] })
  })

  it('wait when they only tell, and act when they stop what is likeliest', () => {
    const [tells, stops] = [rule('deliver', 'direct', 'notify'), rule('deliver', 'direct', 'error')]
    expect(on(online, tells)).toEqual({ match: undefined, open: [tells] })
    expect(on(online, stops)).toEqual({ match: stops, open: [] })
    expect(on(online, rule('deliver', 'none', 'drop'))).toEqual({ match: undefined, open: [] })
  })

  it('act in their order, the first one only', () => {
    const [first, second] = [rule('deliver', 'direct', 'drop'), rule('deliver', 'direct', 'error')]
    expect(on(online, first, second).match).toBe(first)
  })

  it('never are both decided and open, whatever may become of the message', () => {
    const values = fc.constantFrom<DeliverValue[]>('direct', 'stored', 'none', 'forward', 'gateway')
    const rules = fc.array(fc.record({ value: values, action: fc.constantFrom('notify', 'error', 'drop') }))
    fc.assert(
      fc.property(rules, fc.uniqueArray(values, { minLength: 1 }), (some, deliver) => {
        const made = some.map(({ value, action }) => rule('deliver', value, action))
        const { match, open } = on(deliver, ...made)
        if (match !== undefined) expect(deliver).toContain(match.value)
        for (const one of open) expect([one.action, one === match]).toEqual(['notify', false])
        // When it is known, nothing stays open.
        expect(on([deliver[0] as DeliverValue], ...open).open).toEqual([])
      }),
    )
  })
})
