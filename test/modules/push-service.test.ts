import { createDecipheriv, createECDH, generateKeyPairSync, hkdfSync, randomBytes } from 'node:crypto'
import { importSPKI, jwtVerify } from 'jose'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { baseConfig } from '../support/own-server.ts'
import { enablePush } from '../support/push-app.ts'
import { chat, type PushServer, pushServer } from '../support/push-server.ts'
import { type SecureRequest, SecureService } from '../support/secure-service.ts'
import { startTestServer } from '../support/server.ts'

const service = await SecureService.start()
afterAll(() => service.stop())
const pem = { type: 'spki', format: 'pem' } as const
const secret = { type: 'pkcs8', format: 'pem' } as const
const apple = generateKeyPairSync('ec', { namedCurve: 'P-256', publicKeyEncoding: pem, privateKeyEncoding: secret })
const google = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: pem, privateKeyEncoding: secret })
const vapid = generateKeyPairSync('ec', { namedCurve: 'P-256', publicKeyEncoding: pem, privateKeyEncoding: secret })
const account = {
  project_id: 'chat-42',
  client_email: 'push@chat-42.example',
  private_key: google.privateKey,
  token_uri: `${service.origin}/token`,
}

const config = `virtual_pubsub_hosts = ["push.@HOST@.virtual"]
[modules.mod_push_service]
cacertfile = "${service.certificate}"
[modules.mod_push_service.apns]
private_key = """${apple.privateKey}"""
key_id = "KEY123"
team_id = "TEAM45"
topic = "org.example.chat"
url = "${service.origin}"
dev_url = "${service.origin}"
[modules.mod_push_service.fcm]
service_account = '''${JSON.stringify(account)}'''
url = "${service.origin}"
[modules.mod_push_service.web_push]
private_key = """${vapid.privateKey}"""
subject = "mailto:admin@example.org"
hosts = ["localhost"]
`

let tokens = 0
const grant = () => ({ json: { access_token: `token-${++tokens}`, expires_in: 3600, token_type: 'Bearer' } })
const headersOf = ({ headers }: SecureRequest) => headers as Readonly<Record<string, string>>
const jsonOf = ({ body }: SecureRequest) => JSON.parse(body.toString())
const at = 'push.localhost.virtual'
const apns = (id: string, more: Readonly<Record<string, string>> = {}) =>
  enablePush(id, at, { service: 'apns', device_id: id, ...more })
const fcm = (id: string, more: Readonly<Record<string, string>> = {}) =>
  enablePush(id, at, { service: 'fcm', device_id: id, ...more })

describe('mod_push_service', () => {
  const push: PushServer = pushServer(config)
  const { away, sender, registered } = push
  beforeEach(() => {
    service.requests.length = 0
    service.answerTo = ({ path }) => (path === '/token' ? grant() : {})
  })
  const posts = (begin: string) => service.requests.filter(({ path }) => path.startsWith(begin))
  const one = async (begin: string): Promise<SecureRequest> => {
    await expect.poll(() => posts(begin).length).toBeGreaterThan(0)
    return posts(begin)[0] as SecureRequest
  }

  describe('APNs', () => {
    it('shows a message, signed with the key of the team', async () => {
      const bob = await away(
        apns('ABCDEF01', { sound: 'ding', mutable_content: 'true', click_action: 'open', time_to_live: '60' }),
      )
      const alice = await sender()
      alice.sends(chat(bob.bare, 'hi &amp; żółw'))
      const request = await one('/3/device/')
      expect([request.version, request.method, request.path]).toEqual(['2.0', 'POST', '/3/device/abcdef01'])
      const headers = headersOf(request)
      expect(headers).toMatchObject({
        'apns-topic': 'org.example.chat',
        'apns-push-type': 'alert',
        'apns-priority': '10',
      })
      expect(Number(headers['apns-expiration']) - Date.now() / 1000).toBeGreaterThan(0)
      expect(jsonOf(request)).toEqual({
        aps: {
          alert: { title: alice.bare, body: 'hi & żółw' },
          ...{ badge: 1, sound: 'ding', category: 'open', 'thread-id': alice.bare, 'mutable-content': 1 },
        },
      })
      const [, token = ''] = /^bearer (.+)$/.exec(headers['authorization'] ?? '') ?? []
      const { payload, protectedHeader } = await jwtVerify(token, await importSPKI(apple.publicKey, 'ES256'))
      expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: 'KEY123' })
      expect(payload).toEqual({ iss: 'TEAM45', iat: expect.any(Number) })
    })

    it('silent: in the background, with data only', async () => {
      const bob = await away(apns('02', { silent: 'true', topic: 'org.example.other', priority: 'high' }))
      const alice = await sender()
      alice.sends(chat(bob.bare, 'one'))
      const request = await one('/3/device/02')
      expect(headersOf(request)).toMatchObject({
        'apns-topic': 'org.example.other',
        'apns-push-type': 'background',
        'apns-priority': '5',
      })
      expect(jsonOf(request)).toEqual({
        ...{ 'message-count': '1', 'last-message-sender': alice.bare, 'last-message-body': 'one' },
        aps: { 'content-available': 1 },
      })
    })

    it('a long text is shortened to what may be sent', async () => {
      const bob = await away(apns('03'))
      ;(await sender()).sends(chat(bob.bare, '🐢'.repeat(3000)).replace(/ id='[^']*'/, ''))
      const request = await one('/3/device/03')
      expect(request.body.length).toBeLessThanOrEqual(4096)
      expect(request.body.length).toBeGreaterThan(3000)
      expect(jsonOf(request).aps.alert.body).toMatch(/^(🐢)+$/u)
    })

    it('devices that are gone are forgotten; others are not', async () => {
      const answers: Readonly<Record<string, readonly [number, string]>> = {
        a1: [410, 'Unregistered'],
        a2: [400, 'BadDeviceToken'],
        a3: [400, 'PayloadEmpty'],
      }
      service.answerTo = ({ path }) => {
        const [status, reason] = answers[path.slice(-2)] ?? [200, '']
        return { status, json: { reason } }
      }
      const bob = await away(apns('a1'), apns('a2'), apns('a3'), apns('no token'))
      ;(await sender()).sends(chat(bob.bare, 'one'))
      await expect.poll(async () => (await registered(bob.bare)).length).toBe(2)
      expect((await registered(bob.bare)).map((each) => each.split(' ')[1])).toEqual(['a3', 'no'])
      expect(posts('/3/device/')).toHaveLength(3)
    })

    it('tries again with a new token, after a while where the service is busy, and over a new connection', async () => {
      let count = 0
      const replies = [
        { status: 403, json: { reason: 'ExpiredProviderToken' } },
        { status: 429, headers: { 'retry-after': '0' }, json: { reason: 'TooManyRequests' } },
        { status: 200 },
      ]
      service.answerTo = () => replies[count++] ?? {}
      const bob = await away(apns('b1'))
      ;(await sender()).sends(chat(bob.bare, 'one'))
      await expect.poll(() => posts('/3/device/b1').length).toBe(3)
      const connection = posts('/3/device/b1')[0]?.connection
      expect(posts('/3/device/b1').map((each) => each.connection)).toEqual([connection, connection, connection])
      service.dropConnections()
      ;(await sender()).sends(chat(bob.bare, 'two'))
      await expect.poll(() => posts('/3/device/b1').length, { timeout: 10_000 }).toBe(4)
      expect(posts('/3/device/b1')[3]?.connection).toBeGreaterThan(connection ?? 0)
    })
  })

  describe('FCM', () => {
    it('shows a message with a token that is asked for once', async () => {
      const bob = await away(
        fcm('f1', { click_action: 'open', sound: 'ding', time_to_live: '60', priority: 'normal' }),
        fcm('f2', { silent: 'true' }),
      )
      const alice = await sender()
      alice.sends(chat(bob.bare, 'hi'))
      await expect.poll(() => posts('/v1/').length).toBe(2)
      const byToken = Object.fromEntries(posts('/v1/').map((each) => [jsonOf(each).message.token, each]))
      const [shown, silent] = [byToken['f1'], byToken['f2']] as [SecureRequest, SecureRequest]
      expect([shown.version, shown.path]).toEqual(['2.0', '/v1/projects/chat-42/messages:send'])
      expect(jsonOf(shown)).toEqual({
        message: {
          token: 'f1',
          notification: { title: alice.bare, body: 'hi' },
          android: {
            ...{ priority: 'NORMAL', ttl: '60s' },
            notification: { tag: alice.bare, click_action: 'open', sound: 'ding', notification_count: 1 },
          },
        },
      })
      expect(jsonOf(silent)).toEqual({
        message: {
          token: 'f2',
          data: { 'message-count': '1', 'last-message-sender': alice.bare, 'last-message-body': 'hi' },
          android: { priority: 'NORMAL' },
        },
      })
      const [asked, ...more] = posts('/token')
      expect(more).toEqual([])
      const form = new URLSearchParams(asked?.body.toString())
      expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
      const { payload } = await jwtVerify(form.get('assertion') ?? '', await importSPKI(google.publicKey, 'RS256'), {
        issuer: account.client_email,
        audience: account.token_uri,
      })
      expect(payload['scope']).toBe('https://www.googleapis.com/auth/firebase.messaging')
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600)
      expect(headersOf(shown)['authorization']).toBe(`Bearer token-${tokens}`)
    })

    it('devices that are gone are forgotten; a token that is refused is asked for again', async () => {
      let refusals = 1
      service.answerTo = (request) => {
        if (request.path === '/token') return grant()
        const { token } = jsonOf(request).message
        const error = (status: number, code: string) => ({
          status,
          json: { error: { status: 'NOT_FOUND', details: [{ '@type': 'x', errorCode: code }] } },
        })
        if (token === 'gone') return error(404, 'UNREGISTERED')
        if (token === 'bad') return error(400, 'INVALID_ARGUMENT')
        return refusals-- > 0 ? { status: 401, json: { error: { status: 'UNAUTHENTICATED' } } } : {}
      }
      const bob = await away(fcm('gone'), fcm('bad'), fcm('well'))
      ;(await sender()).sends(chat(bob.bare, 'one'))
      await expect.poll(async () => (await registered(bob.bare)).length).toBe(2)
      await expect.poll(() => posts('/v1/').filter((each) => jsonOf(each).message.token === 'well').length).toBe(2)
      const [first, second] = posts('/v1/').filter((each) => jsonOf(each).message.token === 'well')
      expect(headersOf(second as SecureRequest)['authorization']).not.toBe(
        headersOf(first as SecureRequest)['authorization'],
      )
    })
  })

  describe('Web Push', () => {
    /** A browser that has subscribed. */
    function browser(path: string, more: Readonly<Record<string, string>> = {}) {
      const ecdh = createECDH('prime256v1')
      const p256dh = ecdh.generateKeys('base64url')
      const auth = randomBytes(16)
      const request = enablePush(path, at, {
        ...{ service: 'webpush', endpoint: `${service.origin}/wp/${path}`, p256dh },
        ...{ auth: auth.toString('base64url'), ...more },
      })
      const open = (body: Buffer): unknown => {
        const [salt, key, sealed] = [body.subarray(0, 16), body.subarray(21, 86), body.subarray(86)]
        const hkdf = (secret: Buffer, salt: Buffer, info: string | Buffer, length: number) =>
          Buffer.from(hkdfSync('sha256', secret, salt, info, length))
        const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), key])
        const keying = hkdf(ecdh.computeSecret(key), auth, info, 32)
        const cipher = createDecipheriv(
          'aes-128-gcm',
          hkdf(keying, salt, 'Content-Encoding: aes128gcm\0', 16),
          hkdf(keying, salt, 'Content-Encoding: nonce\0', 12),
        )
        cipher.setAuthTag(sealed.subarray(-16))
        const text = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()])
        return JSON.parse(text.subarray(0, -1).toString())
      }
      return { request, open }
    }

    it('tells a browser, encrypted for it and signed by the server', async () => {
      const { request, open } = browser('w1')
      service.answerTo = () => ({ status: 201 })
      const bob = await away(request)
      const alice = await sender()
      alice.sends(chat(bob.bare, 'hi &amp; żółw'))
      const post = await one('/wp/w1')
      const headers = headersOf(post)
      expect(headers).toMatchObject({ 'content-encoding': 'aes128gcm', ttl: '86400', urgency: 'high' })
      expect(open(post.body)).toEqual({
        'message-count': 1,
        'last-message-sender': alice.bare,
        'last-message-body': 'hi & żółw',
      })
      const [, token = '', key = ''] = /^vapid t=([^,]+), k=(.+)$/.exec(headers['authorization'] ?? '') ?? []
      const { payload } = await jwtVerify(token, await importSPKI(vapid.publicKey, 'ES256'), {
        audience: service.origin,
      })
      expect(payload.sub).toBe('mailto:admin@example.org')
      expect((payload.exp ?? 0) - Date.now() / 1000).toBeLessThanOrEqual(24 * 3600)
      const info = await alice.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', {
        to: 'localhost',
      })
      expect(`${info}`).toContain(key)
      expect(Buffer.from(key, 'base64url')).toHaveLength(65)
    })

    it('subscriptions that are gone are forgotten; nothing is posted to who is no push service', async () => {
      const stranger = browser('w2', { endpoint: service.origin.replace('localhost', '127.0.0.1') })
      const plain = browser('w3', { endpoint: `${service.origin.replace('https', 'http')}/wp/w3` })
      const broken = browser('w4', { p256dh: Buffer.alloc(65, 4).toString('base64url') })
      service.answerTo = () => ({ status: 410 })
      const bob = await away(stranger.request, plain.request, broken.request, browser('w5').request)
      ;(await sender()).sends(chat(bob.bare, 'one'))
      await expect.poll(async () => (await registered(bob.bare)).length).toBe(3)
      expect(service.requests.map(({ path }) => path)).toEqual(['/wp/w5'])
    })
  })
})

describe('the configuration of mod_push_service', () => {
  it.each([
    ['no service', '', 'no service'],
    ['no account', `[modules.mod_push_service.fcm]\nservice_account = "{}"`, 'service account'],
    [
      'a key of another kind',
      `[modules.mod_push_service.web_push]\nprivate_key = """${google.privateKey}"""\nsubject = "mailto:a@b"`,
      'P-256',
    ],
  ])('%s', async (_, table, text) => {
    await expect(startTestServer({ config: `${baseConfig}[modules.mod_push_service]\n${table}\n` })).rejects.toThrow(
      text,
    )
  })
})
