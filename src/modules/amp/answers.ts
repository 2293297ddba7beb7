import { Jid } from '../../jid/jid.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { type Element, el } from '../../xml/element.ts'
import { amp, type Fault, type Rule, ruleElement } from './rules.ts'

/** Errors of the server's that answer rules: the condition, and its code as XEP-0079 §6.1 has it. */
const conditions = {
  'invalid-rules': ['not-acceptable', '405'],
  'unsupported-actions': ['bad-request', '400'],
  'unsupported-conditions': ['bad-request', '400'],
  'failed-rules': ['undefined-condition', '500'],
} as const

/** Tells the sender of a message that its rules cannot be followed (XEP-0079 §6.1). */
export function refusal(message: Stanza, fault: Fault, rules: readonly Element[]): Stanza {
  return answer(message, 'error', [errorElement(fault, rules), el('amp', amp, rules)])
}

/** Tells the sender that a rule has kept the message from being delivered (XEP-0079 §3.4.3). */
export function failure(message: Stanza, rule: Rule): Stanza {
  return answer(message, 'error', [errorElement('failed-rules', [ruleElement(rule)]), report(message, 'error', rule)])
}

/** Tells the sender that a rule applied (XEP-0079 §3.4.4). */
export function notification(message: Stanza, rule: Rule): Stanza {
  return answer(message, undefined, [report(message, 'notify', rule)])
}

function answer(message: Stanza, type: 'error' | undefined, children: readonly Element[]): Stanza {
  const to = message.from
  const from = to === undefined ? undefined : Jid.of('', to.domain)
  const id = message.id ?? 'original-id-missing'
  return Stanza.make('message', { id, from, to, ...(type === undefined ? {} : { type }) }, ...children)
}

function errorElement(container: keyof typeof conditions, rules: readonly Element[]): Element {
  const [condition, code] = conditions[container]
  return el('error', NS.client, { type: 'modify', code }, el(condition, NS.stanzaErrors), el(container, amp, rules))
}

function report(message: Stanza, status: 'notify' | 'error', rule: Rule): Element {
  return el('amp', amp, { status, to: message.to?.full, from: message.from?.full }, ruleElement(rule))
}
