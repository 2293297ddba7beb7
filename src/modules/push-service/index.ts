import type { ModuleContext } from '../../module/context.ts'
import { defineModule } from '../../module/define.ts'
import { Http2Client } from '../../net/http2-client.ts'
import { type PushOutcome, pushNotifications } from '../../router/push-events.ts'
import { formElement } from '../../stanza/data-form.ts'
import { discoInfo } from '../disco/api.ts'
import { Apns } from './apns.ts'
import { Fcm, readServiceAccount } from './fcm.ts'
import { options as optionsSchema } from './options.ts'
import { type Attempt, type Sender, sendPatiently } from './sender.ts'
import { WebPush } from './web-push.ts'

type Options = ReturnType<typeof optionsSchema.parse>

const requestTimeout = 10_000

export default defineModule({
  name: 'mod_push_service',
  about: 'Notifies devices by APNs, FCM and Web Push, without a service in between.',
  xeps: [{ xep: 357, version: '0.4.1' }],
  options: optionsSchema,
  async setup(context) {
    const { on, options, log, clock, metrics, onStop } = context
    const { senders, webPush } = await openSenders(context)
    for (const sender of senders.values()) onStop(() => sender.close())
    const counts = metrics.counter('mod_push_service_count', 'Notifications for push services', ['service', 'outcome'])

    async function send(service: string, attempt: () => Promise<Attempt>): Promise<PushOutcome> {
      const outcome = await sendPatiently(attempt, options.retries, clock)
      counts.with({ service, outcome: outcome.is }).inc()
      if (outcome.is === 'failed') {
        log[outcome.isOfClient ? 'info' : 'error']({ what: 'push_failed', service, reason: outcome.reason })
      }
      return outcome.is
    }

    on(pushNotifications, 'main', (notification) => {
      const { service = '' } = notification.options
      const sender = senders.get(service)
      return sender === undefined ? undefined : send(service, () => sender.send(notification))
    })

    // What a browser has to know to subscribe at its push service.
    on(discoInfo, 'main', ({ node }) => {
      if (webPush === undefined || node !== '') return undefined
      const fields = [{ var: 'web-push-public-key', values: [webPush.publicKey] }]
      return { forms: [formElement({ type: 'result', formType: 'urn:xmpp:push:0', fields })] }
    })
  },
})

async function openSenders({ options, clock }: Pick<ModuleContext<Options>, 'options' | 'clock'>): Promise<{
  senders: ReadonlyMap<string, Sender>
  webPush: WebPush | undefined
}> {
  const { apns, fcm, web_push, cacertfile } = options
  const tls = { verify_mode: 'peer', cacertfile, versions: ['tlsv1.2', 'tlsv1.3'], crl_files: [] } as const
  const client = (origin: string) => Http2Client.open({ origin, tls, requestTimeout, clock })
  const senders = new Map<string, Sender>()
  if (apns !== undefined) {
    senders.set('apns', new Apns(apns, { prod: await client(apns.url), dev: await client(apns.dev_url) }, clock))
  }
  if (fcm !== undefined) {
    const account = readServiceAccount(fcm.service_account)
    const tokens = await client(new URL(account.token_uri).origin)
    senders.set('fcm', new Fcm(account, { messages: await client(fcm.url), tokens }, clock))
  }
  const webPush = web_push === undefined ? undefined : new WebPush(web_push, tls, clock)
  if (webPush !== undefined) senders.set('webpush', webPush)
  if (senders.size === 0) throw new Error('mod_push_service has no service: one of apns, fcm, web_push')
  return { senders, webPush }
}
