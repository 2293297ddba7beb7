import { z } from 'zod'
import { httpPoolTag, oneOf } from '../config/option.ts'
import { defineModule } from '../module/define.ts'
import type { HttpAnswer } from '../net/http-pool.ts'
import { type PushNotification, type PushOutcome, pushNotifications } from '../router/push-events.ts'

/** What is passed on beside the text, where the client gave it; always as a text. */
const passed = ['mode', 'priority', 'topic', 'mutable_content', 'time_to_live'] as const

export default defineModule({
  name: 'mod_push_service_mongoosepush',
  about: 'Hands push notifications to a MongoosePush server.',
  xeps: [{ xep: 357, version: '0.4.1' }],
  options: z.strictObject({
    pool_name: httpPoolTag()
      .describe('The pool of connections to the server: `outgoing_pools.http` with this tag.')
      .meta({ reload: 'restart', example: 'mongoose_push_http' }),
    api_version: oneOf('v2', 'v3')
      .default('v3')
      .describe('Version of its interface; with `v2` registrations of devices that are gone are kept.')
      .meta({ reload: 'restart' }),
    max_http_connections: z
      .int()
      .min(0)
      .default(100)
      .describe('Most requests under way, those that wait for a connection among them; further ones fail.')
      .meta({ reload: 'live' }),
  }),
  async setup({ on, options, pools, log, metrics }) {
    const pool = await pools.http(options.pool_name)
    const name = 'mod_push_service_mongoosepush'
    const count = metrics.counter(`${name}_count`, 'Notifications for MongoosePush')
    const failures = metrics.counter(`${name}_failure_count`, 'Notifications that MongoosePush has not taken')
    const time = metrics.histogram(`${name}_time`, 'Time of requests to MongoosePush, in microseconds')
    let underWay = 0

    async function post(deviceId: string, body: string): Promise<PushOutcome> {
      if (underWay >= options.max_http_connections) return failed('no free connection')
      underWay++
      const begun = performance.now()
      try {
        const path = `${options.api_version}/notification/${encodeURIComponent(deviceId)}`
        const headers = { 'content-type': 'application/json' }
        return outcomeOf(await pool.call({ method: 'POST', path, headers, body }))
      } catch (error) {
        return failed(error)
      } finally {
        underWay--
        time.observe((performance.now() - begun) * 1000)
      }
    }

    function outcomeOf({ status }: HttpAnswer): PushOutcome {
      if (status >= 200 && status < 300) return 'sent'
      if (status === 410 && options.api_version === 'v3') return 'gone'
      return failed(status < 500 ? `status ${status}: possible API mismatch` : `status ${status}`)
    }

    /** `info`: what a client has asked for cannot be done. */
    function failed(reason: unknown, level: 'info' | 'error' = 'error'): PushOutcome {
      failures.inc()
      log[level]({ what: 'push_failed', reason })
      return 'failed'
    }

    on(pushNotifications, 'main', (notification) => {
      count.inc()
      const { device_id: deviceId, service } = notification.options
      if (deviceId === undefined || deviceId === '') return failed('no device_id', 'info')
      if (service !== 'apns' && service !== 'fcm') return failed('no known service', 'info')
      const body = bodyOf(notification)
      return typeof body === 'string' ? failed(body, 'info') : post(deviceId, JSON.stringify(body))
    })
  },
})

/** What is posted; a text says why nothing can be. */
function bodyOf({ fields, options }: PushNotification): object | string {
  const { 'message-count': count, 'last-message-sender': sender, 'last-message-body': text } = fields
  if (count !== undefined && !/^\d+$/.test(count)) return 'the message count is no number'
  const head: Record<string, string> = { service: options['service'] ?? '' }
  for (const key of passed) if (options[key] !== undefined) head[key] = options[key]
  if (options['silent'] === 'true') {
    return { ...head, data: { ...fields, ...(count !== undefined && { 'message-count': Number(count) }) } }
  }
  if (sender === undefined || text === undefined || count === undefined) return 'there is no text to show'
  const { click_action, sound } = options
  const alert = { body: text, title: sender, tag: sender, badge: Number(count) }
  return { ...head, alert: { ...alert, ...(click_action && { click_action }), ...(sound && { sound }) } }
}
