import { NS } from '../../stanza/namespaces.ts'
import { type ErrorCondition, StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import type { DialbackOutcome, Pair } from './events.ts'

/** `<db:result/>` with a key: we are `local`, and say so (XEP-0220 §2.1.1). */
export function claim({ local, remote }: Pair, key: string): Element {
  return el('result', NS.dialback, { from: local, to: remote }, key)
}

/** `<db:result/>` that answers a claim of the other side. */
export function claimAnswer({ local, remote }: Pair, outcome: DialbackOutcome): Element {
  return answer('result', { from: local, to: remote }, outcome)
}

/** `<db:verify/>`: is this key of yours? (XEP-0220 §2.2.1) */
export function question({ local, remote }: Pair, streamId: string, key: string): Element {
  return el('verify', NS.dialback, { from: local, to: remote, id: streamId }, key)
}

/** The answer to such a question. */
export function questionAnswer({ local, remote }: Pair, streamId: string, outcome: DialbackOutcome): Element {
  return answer('verify', { from: local, to: remote, id: streamId }, outcome)
}

function answer(name: string, attrs: Readonly<Record<string, string>>, outcome: DialbackOutcome): Element {
  if (outcome === 'valid' || outcome === 'invalid') return el(name, NS.dialback, { ...attrs, type: outcome })
  return el(name, NS.dialback, { ...attrs, type: 'error' }, inServerNamespace(new StanzaError(outcome).toElement()))
}

function inServerNamespace(error: Element): Element {
  return el(error.name, NS.server, error.attrs, error.children)
}

const known = new Set<string>([
  ...['internal-server-error', 'item-not-found', 'remote-server-not-found', 'remote-server-timeout'],
  ...['policy-violation', 'not-allowed', 'not-acceptable', 'not-authorized', 'resource-constraint', 'forbidden'],
])

/** What an answer says; undefined for one that says nothing known. */
export function outcomeOf(element: Element): DialbackOutcome | undefined {
  const type = element.attr('type')
  if (type === 'valid' || type === 'invalid') return type
  if (type !== 'error') return undefined
  const conditions =
    element
      .elements()
      .find(({ name }) => name === 'error')
      ?.elements() ?? []
  const found = conditions.find(({ name, ns }) => ns === NS.stanzaErrors && known.has(name))
  return (found?.name as ErrorCondition | undefined) ?? 'internal-server-error'
}
