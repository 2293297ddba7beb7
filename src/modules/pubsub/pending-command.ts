import type { Jid } from '../../jid/jid.ts'
import { formElement, readSubmittedForm } from '../../stanza/data-form.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { randomId } from '../../util/random-id.ts'
import { type Element, el } from '../../xml/element.ts'
import { askOwners } from './approval.ts'
import { PS } from './core/namespaces.ts'
import type { PubsubNode, Subscription } from './core/node.ts'
import { type Engine, existing, mustOwn } from './engine.ts'

/**
 * The command by which an owner asks for the requests that wait for an answer (XEP-0060 §8.7). It needs no memory of its first
 * step: what comes with the second is all there is to know.
 */
export async function pendingCommand(engine: Engine, service: Jid, call: Call): Promise<Element> {
  const { command, from } = call
  if (command.attr('node') !== PS.getPending) throw new StanzaError('item-not-found')
  const sessionid = command.attr('sessionid') ?? randomId(12)
  const answer = (status: string, ...content: readonly (Element | undefined)[]) =>
    el('command', PS.commands, { node: PS.getPending, sessionid, status }, [...content])
  if (command.attr('action') === 'cancel') return answer('canceled')
  const x = command.child('x', NS.forms)
  if (x === undefined) {
    const actions = el('actions', PS.commands, { execute: 'complete' }, el('complete', PS.commands))
    return answer('executing', actions, await pendingForm(engine, service, from))
  }
  const name = readSubmittedForm(x).value('pubsub#node')
  if (name === undefined) throw new StanzaError('bad-request')
  const node = existing(await engine.nodes.get(service, name))
  mustOwn(node, from)
  for (const subscription of pendingOf(node)) askOwners(engine, node, subscription, from)
  return answer('completed')
}

/** Who runs the command, and with what. */
export interface Call {
  readonly command: Element
  readonly from: Jid
}

async function pendingForm(engine: Engine, service: Jid, owner: Jid): Promise<Element> {
  const options: { value: string }[] = []
  for (const { name, affiliation } of await engine.catalogue.affiliationsOf(owner, service)) {
    const node = affiliation === 'owner' ? await engine.nodes.get(service, name) : undefined
    if (node !== undefined && pendingOf(node).length > 0) options.push({ value: name })
  }
  const field = { var: 'pubsub#node', type: 'list-single', label: 'The node', options } as const
  return formElement({ type: 'form', formType: PS.authorization, fields: [field] })
}

function pendingOf(node: PubsubNode): Subscription[] {
  return [...node.subscriptions.values()].filter(({ state }) => state === 'pending')
}
