import { describe, expect, it } from 'vitest'
import { parseConfig } from '../config/load.ts'
import { shapedRate } from './shaped-rate.ts'

const text = `[general]\nhosts = ["localhost"]\n[shaper.slow]\nmax_rate = 1000\n[shaper.fast]\nmax_rate = 9000\n`
const { config } = parseConfig({ text, file: '/nowhere/meerkat.toml', modules: [] })

describe('the rate that a listener allows', () => {
  const rate = (name: string, chosen: string | number | undefined = undefined) =>
    shapedRate(name, config, (rule) => (rule === 'rule' ? chosen : undefined))

  it('core §8: is that of the shaper, or of the one that the access rule gives', () => {
    expect(rate('slow', 'fast')).toBe(1000)
    expect(rate('rule', 'fast')).toBe(9000)
  })

  it('is without limit where nothing says otherwise', () => {
    for (const [name, chosen] of [
      ['none'],
      ['rule'],
      ['rule', 'none'],
      ['rule', 'allow'],
      ['rule', 5],
      ['other'],
    ] as const)
      expect(rate(name, chosen)).toBe(Number.POSITIVE_INFINITY)
  })
})
