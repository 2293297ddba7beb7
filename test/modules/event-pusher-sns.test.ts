import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type HttpRequest, HttpService } from '../support/http-service.ts'
import { ownServer } from '../support/own-server.ts'
import { freshRoom, opens } from '../support/rooms.ts'

const service = await HttpService.start()
afterAll(() => service.stop())
beforeEach(() => {
  service.requests.length = 0
  service.answerTo = () => ({})
})

const sns = (topics: string) => `
[modules.mod_muc]
[modules.mod_event_pusher.sns]
access_key_id = "AKIAIOSFODNN7EXAMPLE"
secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
region = "eu-west-1"
account_id = "123456789012"
sns_host = "${service.origin}"
publish_retry_time_ms = 1
${topics}`

const form = ({ body }: HttpRequest) => Object.fromEntries(new URLSearchParams(body.toString()))
const published = () =>
  service.requests.map((request) => {
    const { TopicArn = '', Message = '{}' } = form(request)
    return { topic: TopicArn.split(':').at(-1), message: JSON.parse(Message) }
  })
const chat = (to: string, body: string, type = 'chat') =>
  `<message type='${type}' to='${to}'><body>${body}</body></message>`

/** Whether a request is signed, by what its own headers say (written apart from the code under test). */
function isSigned({ method, path, headers, body }: HttpRequest): boolean {
  const [, day, names = '', given] =
    /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/(\d{8})\/eu-west-1\/sns\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    ) ?? []
  if (day === undefined || !names.split(';').includes('host') || !names.split(';').includes('x-amz-date')) return false
  const hash = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
  const lines = names.split(';').map((name) => `${name}:${headers[name]}\n`)
  const canonical = `${method}\n${path}\n\n${lines.join('')}\n${names}\n${hash(body)}`
  const text = `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${day}/eu-west-1/sns/aws4_request\n${hash(canonical)}`
  let key: Buffer = Buffer.from('AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')
  for (const part of [day, 'eu-west-1', 'sns', 'aws4_request', text]) {
    key = createHmac('sha256', key).update(part).digest()
  }
  return key.toString('hex') === given
}

describe('mod_event_pusher sns', () => {
  const own = ownServer(
    sns('presence_updates_topic = "presence"\npm_messages_topic = "pm"\nmuc_messages_topic = "muc"'),
  )

  it('publishes presence and messages to their topics, signed', async () => {
    const alice = await own.client('alice', 'pc')
    const room = freshRoom('localhost')
    await opens(alice, room)
    alice.sends(chat('bob@localhost/phone', 'hi &amp; żółw'))
    alice.sends(chat(room, 'all', 'groupchat'))
    alice.sends(chat('bob@localhost', 'normal', 'normal'))
    alice.sends(
      `<message type='chat' to='bob@localhost'><active xmlns='http://jabber.org/protocol/chatstates'/></message>`,
    )
    alice.sends(`<presence><show>away</show></presence>`)
    alice.sends(`<presence type='unavailable'/>`)
    await alice.isHeard()
    await service.got(4)
    const all = published().sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
    expect(all).toEqual(
      [
        { topic: 'presence', message: { user_id: 'alice@localhost', present: true } },
        {
          topic: 'pm',
          message: { from_user_id: 'alice@localhost', to_user_id: 'bob@localhost', message: 'hi & żółw' },
        },
        { topic: 'muc', message: { from_user_id: 'alice@localhost', to_user_id: room, message: 'all' } },
        { topic: 'presence', message: { user_id: 'alice@localhost', present: false } },
      ].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    )
    for (const request of service.requests) {
      expect(form(request)).toMatchObject({ Action: 'Publish', Version: '2010-03-31' })
      expect(form(request)['TopicArn']).toMatch(/^arn:aws:sns:eu-west-1:123456789012:(presence|pm|muc)$/)
      expect(isSigned(request)).toBe(true)
    }
  })

  it('tries again as often as it may, then gives up', async () => {
    const alice = await own.client('alice', 'pc', { presence: false })
    let refused = 2
    service.answerTo = () => ({ status: refused-- > 0 ? 500 : 200 })
    alice.sends(chat('bob@localhost', 'third time'))
    await service.got(3)
    service.requests.length = 0
    service.answerTo = () => ({ status: 403 })
    alice.sends(chat('bob@localhost', 'never'))
    await service.got(3)
    service.answerTo = () => ({})
    alice.sends(chat('bob@localhost', 'next'))
    await service.got(4)
    expect(published().map(({ message }) => message.message)).toEqual(['never', 'never', 'never', 'next'])
    const lost = (await own.server.server.metrics.values()).find(({ name }) => name === 'mod_event_pusher_lost_count')
    expect(lost).toMatchObject({ labels: { backend: 'sns', reason: 'failed' }, value: 1 })
  })
})

describe('mod_event_pusher sns without topics', () => {
  const own = ownServer(sns('pm_messages_topic = "pm"'))
  it('publishes nothing that has none', async () => {
    const alice = await own.client('alice', 'pc')
    const room = freshRoom('localhost')
    await opens(alice, room)
    alice.sends(chat(room, 'all', 'groupchat'))
    alice.sends(chat('bob@localhost', 'hi'))
    await service.got(1)
    expect(published().map(({ topic }) => topic)).toEqual(['pm'])
  })
})
