import { type Element, el } from '../../xml/element.ts'

/** Advanced message processing (XEP-0079). */
export const amp = 'http://jabber.org/protocol/amp'

/** What may become of a message; `forward` and `gateway` never do here. */
export type DeliverValue = 'direct' | 'stored' | 'none' | 'forward' | 'gateway'
export type ResourceValue = 'exact' | 'any' | 'other'
export type Action = 'notify' | 'error' | 'drop'

/** One rule that can be followed. */
export type Rule = { readonly action: Action } & (
  | { readonly condition: 'deliver'; readonly value: DeliverValue }
  | { readonly condition: 'match-resource'; readonly value: ResourceValue }
)

export type Fault = 'invalid-rules' | 'unsupported-actions' | 'unsupported-conditions'

const legal: Readonly<Record<string, (value: string) => boolean>> = {
  deliver: (value) => ['direct', 'stored', 'none', 'forward', 'gateway'].includes(value),
  'match-resource': (value) => ['exact', 'any', 'other'].includes(value),
  'expire-at': (value) => value !== '',
}
const actions: readonly string[] = ['notify', 'error', 'drop', 'alert']

/** The rules of a request; or those that cannot be followed, and why not. */
export function rulesOf(request: Element): readonly Rule[] | { fault: Fault; rules: readonly Element[] } {
  const elements = request.childrenNamed('rule')
  const faults: [Fault, (rule: Element) => boolean][] = [
    ['invalid-rules', (rule) => !isLegal(rule)],
    ['unsupported-actions', (rule) => rule.attr('action') === 'alert'],
    ['unsupported-conditions', (rule) => rule.attr('condition') === 'expire-at'],
  ]
  for (const [fault, test] of faults) {
    const rules = elements.filter(test)
    if (rules.length > 0) return { fault, rules }
  }
  return elements.map(
    (rule) => ({ condition: rule.attr('condition'), value: rule.attr('value'), action: rule.attr('action') }) as Rule,
  )
}

function isLegal(rule: Element): boolean {
  const condition = rule.attr('condition') ?? ''
  const isKnown = Object.hasOwn(legal, condition) && actions.includes(rule.attr('action') ?? '')
  return isKnown && legal[condition]?.(rule.attr('value') ?? '') === true
}

/** A rule as it stands in answers. */
export function ruleElement({ condition, value, action }: Rule): Element {
  return el('rule', amp, { condition, value, action })
}

/** What is known of the way of a message: what may become of it, the likeliest first, and how its address fits. */
export interface Strategy {
  readonly deliver: readonly DeliverValue[]
  /** Undefined when nobody is there. */
  readonly resource: 'exact' | 'other' | undefined
}

/** The first rule that applies by now, and those that may apply later. */
export function evaluate(
  rules: readonly Rule[],
  strategy: Strategy,
): { match: Rule | undefined; open: readonly Rule[] } {
  const verdicts = rules.map((rule) => verdictOn(rule, strategy))
  return {
    match: rules[verdicts.indexOf('match')],
    open: rules.filter((_, index) => verdicts[index] === 'open'),
  }
}

function verdictOn(rule: Rule, { deliver, resource }: Strategy): 'match' | 'open' | 'no' {
  if (rule.condition === 'match-resource') {
    const isMatch = resource !== undefined && (rule.value === 'any' || rule.value === resource)
    return isMatch ? 'match' : 'no'
  }
  const { value, action } = rule
  if (deliver.length === 1 && deliver[0] === value) return 'match'
  // Telling can wait until it is known; what keeps a message from going its way cannot.
  if (action === 'notify') return deliver.includes(value) ? 'open' : 'no'
  return deliver[0] === value ? 'match' : 'no'
}
