import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { ClientTlsTable } from '../../net/client-tls.ts'
import { HttpPool } from '../../net/http-pool.ts'
import type { PushNotification } from '../../router/push-events.ts'
import type { Clock } from '../../util/clock.ts'
import { Lru } from '../../util/lru.ts'
import { encrypt, maxText, type ReceiverKeys } from './encryption.ts'
import { signClaims } from './json-web-token.ts'
import { fitted, messageOf } from './message.ts'
import type { WebPushOptions } from './options.ts'
import { type Attempt, attemptOf, type Sender } from './sender.ts'

/** Connections to one service. */
const workers = 20
const requestTimeout = 10_000
/** Services in use at a time; those that are allowed are few. */
const mostServices = 50
/** How long we say who we are with one token; no more than a day (RFC 8292 §2). */
const tokenLife = 12 * 3600

/** Notifies browsers (RFC 8030), encrypted (RFC 8291) and signed (RFC 8292). */
export class WebPush implements Sender {
  readonly #options: WebPushOptions
  readonly #tls: ClientTlsTable
  readonly #clock: Clock
  readonly #key: KeyObject
  readonly #pools = new Map<string, Promise<HttpPool>>()
  readonly #tokens = new Lru<string, string>(mostServices)
  #tokensUntil = 0
  /** What clients subscribe with: the key of this server, base64url. */
  readonly publicKey: string

  constructor(options: WebPushOptions, tls: ClientTlsTable, clock: Clock) {
    this.#options = options
    this.#tls = tls
    this.#clock = clock
    this.#key = createPrivateKey(options.private_key)
    if (this.#key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
      throw new Error('mod_push_service: web_push.private_key is no key of P-256')
    }
    const { x = '', y = '' } = createPublicKey(this.#key).export({ format: 'jwk' })
    const point = [Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]
    this.publicKey = Buffer.concat(point).toString('base64url')
  }

  async send(notification: PushNotification): Promise<Attempt> {
    const endpoint = this.#endpointOf(notification.options['endpoint'])
    if (endpoint === undefined) return { is: 'failed', reason: 'no endpoint of a known push service', isOfClient: true }
    const keys = keysIn(notification.options)
    if (keys === undefined) return { is: 'failed', reason: 'no keys of a subscription', isOfClient: true }
    const message = messageOf(notification)
    const text = fitted(message, maxText, ({ data, count }) =>
      JSON.stringify({ ...data, ...(count !== undefined && { 'message-count': count }) }),
    )
    const body = encrypted(Buffer.from(text), keys)
    if (body === undefined) return { is: 'failed', reason: 'no keys of a subscription', isOfClient: true }
    const pool = await this.#pool(endpoint.origin)
    const { status } = await pool.call({
      method: 'POST',
      path: `${endpoint.pathname.slice(1)}${endpoint.search}`,
      headers: {
        authorization: `vapid t=${this.#token(endpoint.origin)}, k=${this.publicKey}`,
        'content-encoding': 'aes128gcm',
        'content-type': 'application/octet-stream',
        ttl: String(message.timeToLive ?? this.#options.time_to_live),
        urgency: message.isUrgent ? 'high' : 'normal',
      },
      body,
    })
    if (status >= 200 && status < 300) return { is: 'sent' }
    return status === 404 || status === 410 ? { is: 'gone' } : attemptOf(status, '')
  }

  close(): void {
    for (const pool of this.#pools.values()) void pool.then((open) => open.close())
  }

  /** Clients say where to post to: to nobody but the services that are allowed. */
  #endpointOf(text = ''): URL | undefined {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return undefined
    const isAllowed = this.#options.hosts.some((host) =>
      host.startsWith('*.') ? url.hostname.endsWith(host.slice(1)) : url.host === host || url.hostname === host,
    )
    return isAllowed ? url : undefined
  }

  #pool(origin: string): Promise<HttpPool> {
    const known = this.#pools.get(origin)
    if (known !== undefined) return known
    const clock = this.#clock
    const pool = HttpPool.open({
      ...{ origin, pathPrefix: '/', workers, requestTimeout, callTimeout: 2 * requestTimeout, tls: this.#tls, clock },
    })
    this.#pools.set(origin, pool)
    const [oldest] = this.#pools.keys()
    if (this.#pools.size > mostServices && oldest !== undefined) {
      void this.#pools.get(oldest)?.then((open) => open.close())
      this.#pools.delete(oldest)
    }
    return pool
  }

  #token(origin: string): string {
    const now = this.#clock.now()
    if (now >= this.#tokensUntil) {
      this.#tokens.clear()
      this.#tokensUntil = now + (tokenLife / 2) * 1000
    }
    const known = this.#tokens.get(origin)
    if (known !== undefined) return known
    const claims = { aud: origin, exp: Math.floor(now / 1000) + tokenLife, sub: this.#options.subject }
    const token = signClaims(claims, this.#key)
    this.#tokens.set(origin, token)
    return token
  }
}

function keysIn({ p256dh = '', auth = '' }: PushNotification['options']): ReceiverKeys | undefined {
  const publicKey = Buffer.from(p256dh, 'base64url')
  const authSecret = Buffer.from(auth, 'base64url')
  return publicKey.length === 65 && authSecret.length === 16 ? { publicKey, authSecret } : undefined
}

function encrypted(text: Buffer, keys: ReceiverKeys): Buffer | undefined {
  try {
    return encrypt(text, keys)
  } catch {
    return undefined
  }
}
