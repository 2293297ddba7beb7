import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Http2Answer, Http2Client } from '../../net/http2-client.ts'
import type { PushNotification } from '../../router/push-events.ts'
import type { Clock } from '../../util/clock.ts'
import { signClaims } from './json-web-token.ts'
import { fitted, type Message, messageOf } from './message.ts'
import type { ApnsOptions } from './options.ts'
import { type Attempt, attemptOf, type Sender } from './sender.ts'

/** Apple wants a token for no less than twenty minutes and no more than an hour. */
const tokenLife = 50 * 60_000
const maxPayload = 4096
const maxVoipPayload = 5120

/** Reasons that say that the device is not to be had any more, whatever the status. */
const goneReasons = new Set(['BadDeviceToken', 'DeviceTokenNotForTopic', 'ExpiredToken', 'Unregistered'])
const tokenReasons = new Set(['ExpiredProviderToken', 'InvalidProviderToken'])

/** Notifies devices of Apple. */
export class Apns implements Sender {
  readonly #options: ApnsOptions
  readonly #clients: { readonly prod: Http2Client; readonly dev: Http2Client }
  readonly #clock: Clock
  readonly #key: KeyObject
  #token: { readonly text: string; readonly until: number } | undefined

  constructor(options: ApnsOptions, clients: { prod: Http2Client; dev: Http2Client }, clock: Clock) {
    this.#options = options
    this.#clients = clients
    this.#clock = clock
    this.#key = createPrivateKey(options.private_key)
  }

  async send(notification: PushNotification): Promise<Attempt> {
    const { device_id: device = '', mode, topic = this.#options.topic } = notification.options
    const isToken = /^[0-9A-Fa-f]{1,400}$/.test(device)
    if (!isToken || topic === undefined) {
      return { is: 'failed', reason: isToken ? 'no topic' : 'the device id is no APNs token', isOfClient: true }
    }
    const message = messageOf(notification)
    const limit = isVoip(topic) ? maxVoipPayload : maxPayload
    const token = this.#currentToken()
    const answer = await this.#clients[mode === 'dev' ? 'dev' : 'prod'].post({
      path: `/3/device/${device.toLowerCase()}`,
      headers: { authorization: `bearer ${token}`, ...this.#headers(message, topic) },
      body: fitted(message, limit, (fit) => payload(fit, notification.options)),
    })
    return this.#outcomeOf(answer, token)
  }

  #headers({ alert, isUrgent, timeToLive }: Message, topic: string): Record<string, string> {
    const usual = alert === undefined ? 'background' : 'alert'
    const kind = isVoip(topic) ? 'voip' : usual
    return {
      'apns-topic': topic,
      'apns-push-type': kind,
      // Background notifications may not be urgent.
      'apns-priority': isUrgent && kind !== 'background' ? '10' : '5',
      ...(timeToLive !== undefined && { 'apns-expiration': String(this.#expiry(timeToLive)) }),
    }
  }

  #outcomeOf({ status, body, headers }: Http2Answer, token: string): Attempt {
    if (status === 200) return { is: 'sent' }
    const reason = reasonIn(body)
    if (status === 410 || goneReasons.has(reason)) return { is: 'gone' }
    if (status === 403 && tokenReasons.has(reason)) {
      if (this.#token?.text === token) this.#token = undefined
      return { is: 'again', reason, after: 0 }
    }
    return attemptOf(status, reason, headers['retry-after'])
  }

  close(): void {
    this.#clients.prod.close()
    this.#clients.dev.close()
  }

  /** Seconds since the epoch; 0: to be delivered now or never. */
  #expiry(timeToLive: number): number {
    return timeToLive === 0 ? 0 : Math.floor(this.#clock.now() / 1000) + timeToLive
  }

  #currentToken(): string {
    const now = this.#clock.now()
    if (this.#token === undefined || this.#token.until <= now) {
      const claims = { iss: this.#options.team_id, iat: Math.floor(now / 1000) }
      this.#token = { text: signClaims(claims, this.#key, { kid: this.#options.key_id }), until: now + tokenLife }
    }
    return this.#token.text
  }
}

/** A topic for calls. */
function isVoip(topic: string): boolean {
  return topic.endsWith('.voip')
}

function payload({ alert, count, data }: Message, options: PushNotification['options']): string {
  if (alert === undefined) return JSON.stringify({ ...data, aps: { 'content-available': 1 } })
  const { sound, click_action: category, mutable_content: mutable } = options
  const aps = {
    ...{ alert, badge: count, sound, category, 'thread-id': alert.title },
    ...(mutable === 'true' && { 'mutable-content': 1 }),
  }
  return JSON.stringify({ aps })
}

function reasonIn(body: string): string {
  try {
    const { reason } = JSON.parse(body) as { reason?: unknown }
    return typeof reason === 'string' ? reason : ''
  } catch {
    return ''
  }
}
