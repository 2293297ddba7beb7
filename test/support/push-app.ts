import { z } from 'zod'
import { defineModule } from '../../src/module/define.ts'
import { NS } from '../../src/stanza/namespaces.ts'
import { type ErrorCondition, StanzaError } from '../../src/stanza/stanza-error.ts'
import type { Element } from '../../src/xml/element.ts'

const pubsubNs = 'http://jabber.org/protocol/pubsub'
const pushNs = 'urn:xmpp:push:0'

/** A notification as the service of an app got it. */
export interface Notified {
  readonly from: string
  readonly to: string
  readonly node: string
  /** FORM_TYPE included. */
  readonly fields: Readonly<Record<string, string>>
  /** Of the publish options; undefined where there were none. */
  readonly options: Readonly<Record<string, string>> | undefined
}

/** What the service of the app has got, at `push.localhost`. */
export const notified: Notified[] = []

/** Errors that it answers with, by node. */
export const refusals = new Map<string, ErrorCondition>()

const fieldsIn = (x: Element | undefined): Record<string, string> =>
  Object.fromEntries(
    (x?.childrenNamed('field') ?? []).map((field) => [field.attr('var') ?? '', field.childText('value') ?? '']),
  )

/** The service of an app that is told of notifications by IQ (XEP-0357). */
export const pushApp = defineModule({
  name: 'mod_test_push_app',
  about: 'The service of an app.',
  xeps: [],
  options: z.strictObject({}),
  setup({ router, onStop }) {
    // Another server has nothing to do with what the one before was told.
    notified.length = 0
    refusals.clear()
    const remove = router.addService('push.localhost', {
      parent: 'localhost',
      receive: (stanza) => {
        const pubsub = stanza.child('pubsub', pubsubNs)
        const publish = pubsub?.child('publish')
        if (stanza.kind !== 'iq' || stanza.type !== 'set' || publish === undefined) return undefined
        const node = publish.attr('node') ?? ''
        const options = pubsub?.child('publish-options')
        notified.push({
          ...{ from: stanza.from?.full ?? '', to: stanza.to?.full ?? '', node },
          fields: fieldsIn(publish.child('item')?.child('notification', pushNs)?.child('x', NS.forms)),
          options: options === undefined ? undefined : fieldsIn(options.child('x', NS.forms)),
        })
        const refusal = refusals.get(node)
        const reply = refusal === undefined ? stanza.result() : stanza.errorReply(new StanzaError(refusal))
        if (reply !== undefined) router.post(reply)
        return undefined
      },
    })
    onStop(remove)
  },
})

/** Asks to be notified. `options`: fields of a form. */
export function enablePush(node: string, jid = 'push.localhost', options?: Readonly<Record<string, string>>): string {
  const fields = Object.entries({ FORM_TYPE: `${pubsubNs}#publish-options`, ...options })
    .map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`)
    .join('')
  const form = options === undefined ? '' : `<x xmlns='${NS.forms}' type='submit'>${fields}</x>`
  return `<enable xmlns='${pushNs}' jid='${jid}' node='${node}'>${form}</enable>`
}

/** Asks not to be notified any more. */
export function disablePush(jid = 'push.localhost', node?: string): string {
  return `<disable xmlns='${pushNs}' jid='${jid}'${node === undefined ? '' : ` node='${node}'`}/>`
}
