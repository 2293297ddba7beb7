import { Jid } from '../../../jid/jid.ts'
import type { ModuleContext } from '../../../module/context.ts'
import type { IqHandler } from '../../../router/iq-registry.ts'
import { readSubmittedForm } from '../../../stanza/data-form.ts'
import { NS } from '../../../stanza/namespaces.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { mustAccept } from '../../../storage/must-accept.ts'
import type { Element } from '../../../xml/element.ts'
import { optionsForm, pushNs } from './notification.ts'
import type { PushRegistry } from './registry.ts'
import type { PushTables } from './store.ts'
import { enabledService, keyOf, type Subscription } from './subscription.ts'

/** Lets users enable and disable notifications (XEP-0357 §5, §6). */
export function answerRequests(
  { iq, db, router }: Pick<ModuleContext<unknown, PushTables>, 'iq' | 'db' | 'router'>,
  registry: PushRegistry,
  maxSubscriptions: number,
): void {
  const enable: IqHandler = async ({ from, payload }, session) => {
    const subscription = subscriptionIn(payload)
    mustAccept(db)
    const known = await registry.of(from.bare)
    const isNew = !known.some((other) => keyOf(other) === keyOf(subscription))
    if (isNew && known.length >= maxSubscriptions) {
      throw new StanzaError('resource-constraint', { text: 'There are too many services already' })
    }
    await registry.enable(from.bare, subscription)
    session?.set(enabledService, { jid: subscription.jid.full, node: subscription.node })
  }
  const disable: IqHandler = async ({ from, payload }) => {
    const jid = serviceIn(payload)
    const node = payload.attr('node')
    if (node === '') throw new StanzaError('bad-request', { text: 'The node is empty' })
    mustAccept(db)
    const known = await registry.of(from.bare)
    const gone = known.filter((each) => each.jid.full === jid.full && (node === undefined || each.node === node))
    await Promise.all(gone.map((each) => registry.disable(from.bare, each)))
  }
  /** The domain answers its own users for their accounts. */
  const ofOwnUsers =
    (handler: IqHandler): IqHandler =>
    (request, session) => {
      if (router.hostOf(request.from.domain) === undefined || request.from.local === '' || session === undefined) {
        throw new StanzaError('forbidden')
      }
      return handler(request, session)
    }
  for (const [name, handler] of [['enable', enable] as const, ['disable', disable] as const]) {
    iq.account('set', pushNs, name, handler)
    iq.server('set', pushNs, name, ofOwnUsers(handler))
  }
}

function serviceIn(payload: Element): Jid {
  const jid = Jid.tryParse(payload.attr('jid') ?? '')
  if (jid === undefined) throw new StanzaError('bad-request', { text: 'The address of the service is missing' })
  return jid.bare
}

function subscriptionIn(payload: Element): Subscription {
  const node = payload.attr('node') ?? ''
  if (node === '') throw new StanzaError('bad-request', { text: 'The node is missing' })
  const form = payload.child('x', NS.forms)
  return { jid: serviceIn(payload), node, options: form === undefined ? undefined : optionsIn(form) }
}

function optionsIn(x: Element): Record<string, string> {
  const form = readSubmittedForm(x)
  if (form.formType !== optionsForm) throw new StanzaError('bad-request', { text: 'Not a form of publish options' })
  const options = new Map<string, string>()
  for (const { var: name, values = [] } of form.fields) {
    const [value, ...more] = values
    if (name === undefined || value === undefined || more.length > 0) {
      throw new StanzaError('bad-request', { text: 'Each field has one value' })
    }
    if (name !== 'FORM_TYPE') options.set(name, value)
  }
  return Object.fromEntries(options)
}
