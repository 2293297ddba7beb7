import type { AccessValue } from '../config/acl.ts'
import type { Config } from '../config/schema.ts'

/**
 * Bytes a second that a listener's `shaper` allows: that of the shaper of this name, else of the one that the access rule of this
 * name gives, which `evaluate` finds out. Infinity for no limit.
 */
export function shapedRate(
  name: string,
  { shaper }: Config,
  evaluate: (rule: string) => AccessValue | undefined,
): number {
  const named = shaper[name]
  if (named !== undefined) return named.max_rate
  if (name === 'none') return Number.POSITIVE_INFINITY
  return shaper[String(evaluate(name))]?.max_rate ?? Number.POSITIVE_INFINITY
}
