import type { Jid } from '../../jid/jid.ts'
import { pushNotifications } from '../../router/push-events.ts'
import { type DataForm, readForm } from '../../stanza/data-form.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Element } from '../../xml/element.ts'
import { PS } from './core/namespaces.ts'
import type { PubsubNode } from './core/node.ts'
import { pubsubError } from './core/pubsub-error.ts'
import { mayPublish } from './core/rights.ts'
import type { Engine } from './engine.ts'
import { submittedForm } from './node-desk.ts'
import { standingOf } from './world.ts'

const pushNs = 'urn:xmpp:push:0'
const noRelation = { hasPresence: false, groups: [] }

/** Sends what is published to a push node on to the service for the device (XEP-0357 §7); nothing is kept. */
export async function publishPush(engine: Engine, node: PubsubNode, push: PushPublication): Promise<void> {
  const { from, payload, options } = push
  if (payload?.is('notification', pushNs) !== true) throw new StanzaError('bad-request')
  if (!mayPublish(node.config, standingOf(node, from, noRelation))) throw new StanzaError('forbidden')
  const form = optionsIn(options)
  const summary = payload.child('x', NS.forms)
  const fields = summary === undefined ? {} : fieldsIn(readForm(summary))
  const event = { host: engine.host, fields, options: fieldsIn(form) }
  const outcome = await engine.host.hooks.run(pushNotifications, event)
  if (outcome === 'gone') throw pubsubError('not-acceptable', 'device-not-registered', 'cancel')
  // Spelled as those who ask look for it.
  if (outcome !== 'sent') throw pubsubError('bad-request', 'faild-to-submit-push-notification')
}

/** What is published to a push node. */
export interface PushPublication {
  readonly from: Jid
  readonly payload: Element | undefined
  /** `<x/>` of `<publish-options/>`. */
  readonly options: Element | undefined
}

/** The options of the device. Throws `precondition-not-met` where they do not say which it is. */
function optionsIn(options: Element | undefined): DataForm {
  const form = options === undefined ? undefined : submittedForm(options, PS.publishOptions)
  if (form?.value('device_id') === undefined || form.value('service') === undefined)
    throw pubsubError('conflict', 'precondition-not-met')
  return form
}

function fieldsIn(form: DataForm): Record<string, string> {
  const named = form.fields.filter(({ var: name }) => name !== undefined && name !== 'FORM_TYPE')
  return Object.fromEntries(named.map(({ var: name = '', values = [] }) => [name, values[0] ?? '']))
}
