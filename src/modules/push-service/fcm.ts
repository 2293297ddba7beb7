import { createPrivateKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import type { Http2Client } from '../../net/http2-client.ts'
import type { PushNotification } from '../../router/push-events.ts'
import type { Clock } from '../../util/clock.ts'
import { signClaims } from './json-web-token.ts'
import { fitted, type Message, messageOf } from './message.ts'
import { type Attempt, attemptOf, type Sender } from './sender.ts'

const scope = 'https://www.googleapis.com/auth/firebase.messaging'
const maxPayload = 4096
/** Seconds before its end at which a token is not used any more. */
const margin = 300

const serviceAccount = z.object({
  project_id: z.string().min(1),
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  token_uri: z.url(),
})
export type ServiceAccount = z.output<typeof serviceAccount>

const grant = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })

/** Reads the file that Google gives for a service account. Throws an Error that says what is wrong with it. */
export function readServiceAccount(text: string): ServiceAccount {
  const checked = serviceAccount.safeParse(parsed(text))
  if (!checked.success) throw new Error('mod_push_service: fcm.service_account is not the JSON of a service account')
  return checked.data
}

/** Notifies devices by Firebase Cloud Messaging, version 1 of its interface. */
export class Fcm implements Sender {
  readonly #account: ServiceAccount
  readonly #key: KeyObject
  readonly #clients: { readonly messages: Http2Client; readonly tokens: Http2Client }
  readonly #clock: Clock
  #token: Promise<string> | undefined
  #tokenUntil = 0

  constructor(account: ServiceAccount, clients: { messages: Http2Client; tokens: Http2Client }, clock: Clock) {
    this.#account = account
    this.#key = createPrivateKey(account.private_key)
    this.#clients = clients
    this.#clock = clock
  }

  async send(notification: PushNotification): Promise<Attempt> {
    const { device_id: device = '' } = notification.options
    if (device === '') return { is: 'failed', reason: 'no device id', isOfClient: true }
    const asked = this.#currentToken()
    const answer = await this.#clients.messages.post({
      path: `/v1/projects/${encodeURIComponent(this.#account.project_id)}/messages:send`,
      headers: { authorization: `Bearer ${await asked}`, 'content-type': 'application/json' },
      body: fitted(messageOf(notification), maxPayload, (fit) => payload(device, fit, notification.options)),
    })
    if (answer.status === 200) return { is: 'sent' }
    const code = codeIn(answer.body)
    if (code === 'UNREGISTERED') return { is: 'gone' }
    if (answer.status === 401) {
      this.#forget(asked)
      return { is: 'again', reason: 'the token was refused', after: 0 }
    }
    return attemptOf(answer.status, code, answer.headers['retry-after'])
  }

  close(): void {
    this.#clients.messages.close()
    this.#clients.tokens.close()
  }

  /** Asked for once, however many wait for it. */
  #currentToken(): Promise<string> {
    if (this.#token !== undefined && this.#clock.now() < this.#tokenUntil) return this.#token
    this.#tokenUntil = Number.POSITIVE_INFINITY
    const asked: Promise<string> = this.#askToken().catch((error: unknown) => {
      this.#forget(asked)
      throw error
    })
    this.#token = asked
    return asked
  }

  #forget(asked: Promise<string>): void {
    if (this.#token === asked) this.#token = undefined
  }

  /** An access token for a signed claim (RFC 7523 §2.1). */
  async #askToken(): Promise<string> {
    const { client_email: iss, token_uri: aud } = this.#account
    const iat = Math.floor(this.#clock.now() / 1000)
    const assertion = signClaims({ iss, scope, aud, iat, exp: iat + 3600 }, this.#key)
    const { pathname } = new URL(aud)
    const { status, body } = await this.#clients.tokens.post({
      path: pathname,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString(),
    })
    const granted = grant.safeParse(parsed(body))
    if (status !== 200 || !granted.success) throw new Error(`no access token: status ${status}`)
    this.#tokenUntil = this.#clock.now() + Math.max(granted.data.expires_in - margin, 1) * 1000
    return granted.data.access_token
  }
}

function payload(token: string, message: Message, options: PushNotification['options']): string {
  const { alert, count, data, isUrgent, timeToLive } = message
  const android = {
    priority: isUrgent ? 'HIGH' : 'NORMAL',
    ...(timeToLive !== undefined && { ttl: `${timeToLive}s` }),
  }
  if (alert === undefined) return JSON.stringify({ message: { token, data, android } })
  const { click_action, sound } = options
  const notification = { tag: alert.title, click_action, sound, notification_count: count }
  return JSON.stringify({ message: { token, notification: alert, android: { ...android, notification } } })
}

/** The code of an error: that of Firebase where there is one, else that of Google. */
function codeIn(body: string): string {
  const answer = z
    .object({
      error: z.object({
        status: z.string().catch(''),
        details: z.array(z.object({ errorCode: z.string().optional() })).catch([]),
      }),
    })
    .safeParse(parsed(body))
  if (!answer.success) return ''
  const { status, details } = answer.data.error
  return details.find(({ errorCode }) => errorCode !== undefined)?.errorCode ?? status
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
