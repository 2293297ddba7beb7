import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { HttpService, httpPool } from '../support/http-service.ts'
import { enablePush } from '../support/push-app.ts'
import { chat, pushServer } from '../support/push-server.ts'

const service = await HttpService.start()
afterAll(() => service.stop())
beforeEach(() => {
  service.requests.length = 0
  service.answerTo = () => ({})
})

const virtual = (version = '') => `virtual_pubsub_hosts = ["virtual.@HOST@", "virtual2.@HOSTS@"]
plugin_module = "mod_event_pusher_push_plugin_hints"
[modules.mod_push_service_mongoosepush]
pool_name = "mpush"
${version}
${httpPool('mpush', service.origin, 'path_prefix = "/base"\nrequest_timeout = 500')}`

const device = (id: string, options: Readonly<Record<string, string>> = {}, host = 'virtual.localhost') =>
  enablePush(id, host, { device_id: id, service: 'fcm', ...options })

/** What was posted, without the requests of the last one. */
const posted = () =>
  service.requests.map(({ method, path, body }) => ({ path: `${method} ${path}`, json: JSON.parse(body.toString()) }))

describe('mod_push_service_mongoosepush', () => {
  const { away, sender, registered } = pushServer(virtual())
  /** Waits until everything sent before has come to the service. */
  const settled = async () => {
    const last = await away(device('last'))
    ;(await sender()).sends(chat(last.bare, 'last'))
    await expect.poll(() => posted().some(({ path }) => path.endsWith('/last'))).toBe(true)
    return posted().filter(({ path }) => !path.endsWith('/last'))
  }

  it('posts what an app shows, for FCM and APNs', async () => {
    const bob = await away(
      device('tok-1'),
      device('a/b c', { service: 'apns', topic: 'org.ex.chat', mode: 'dev' }, 'virtual2.localhost'),
    )
    const alice = await sender()
    alice.sends(chat(bob.bare, 'See you at 8'))
    const alert = { body: 'See you at 8', title: alice.bare, tag: alice.bare, badge: 1 }
    const all = await settled()
    expect(all).toEqual(
      expect.arrayContaining([
        { path: 'POST /base/v3/notification/tok-1', json: { service: 'fcm', alert } },
        {
          path: 'POST /base/v3/notification/a%2Fb%20c',
          json: { service: 'apns', mode: 'dev', topic: 'org.ex.chat', alert },
        },
      ]),
    )
    expect(all).toHaveLength(2)
    expect(service.requests[0]?.headers['content-type']).toBe('application/json')
  })

  it('silent: data and nothing to show, calls too', async () => {
    const bob = await away(device('s', { silent: 'true' }))
    const alice = await sender()
    alice.sends(chat(bob.bare, 'one'))
    alice.sends(
      `<message type='chat' to='${bob.bare}'><store xmlns='urn:xmpp:hints'/><propose xmlns='urn:xmpp:jingle-message:0' id='c1'/></message>`,
    )
    const data = { 'message-count': 1, 'last-message-sender': alice.bare, 'last-message-body': 'one' }
    const call = { 'message-sender': alice.bare, 'jingle-message': 'propose', 'jingle-session-id': 'c1' }
    expect((await settled()).map(({ json }) => json)).toEqual([
      { service: 'fcm', data },
      { service: 'fcm', data: call },
    ])
  })

  it('passes on each option that is given, and no other', async () => {
    const given = { mode: 'prod', priority: 'high', topic: 't', mutable_content: 'false', time_to_live: '3600' }
    const shown = { click_action: 'open-chat', sound: 'ding' }
    const bob = await away(device('all', { ...given, ...shown, tags: 'x', silent: 'false', other: 'y' }))
    const alice = await sender()
    alice.sends(chat(bob.bare, 'one'))
    const [request] = await settled()
    expect(request?.json).toEqual({
      ...{ service: 'fcm', ...given },
      alert: { body: 'one', title: alice.bare, tag: alice.bare, badge: 1, ...shown },
    })
  })

  it('posts nothing for a device without id or service, nor a call that is to be shown', async () => {
    const bob = await away(
      enablePush('n1', 'virtual.localhost', { service: 'fcm' }),
      enablePush('n2', 'virtual.localhost', { device_id: 'x' }),
      enablePush('n3', 'virtual.localhost', { device_id: 'x', service: 'pigeon' }),
      enablePush('n4', 'virtual.localhost'),
    )
    const loud = await away(device('loud'))
    const alice = await sender()
    alice.sends(chat(bob.bare, 'one'))
    alice.sends(
      `<message type='chat' to='${loud.bare}'><store xmlns='urn:xmpp:hints'/><propose xmlns='urn:xmpp:jingle-message:0' id='c1'/></message>`,
    )
    expect(await settled()).toEqual([])
  })

  it('a device that is gone is not notified again; one that was not reached is', async () => {
    service.answerTo = ({ path }) => {
      if (path.endsWith('/gone')) return { status: 410, text: '{"reason":"unregistered"}' }
      if (path.endsWith('/late')) return 'never'
      return path.endsWith('/last') ? {} : { status: path.endsWith('/bad') ? 400 : 500 }
    }
    const bob = await away(device('gone'), device('broken'), device('bad'), device('late'))
    const alice = await sender()
    alice.sends(chat(bob.bare, 'one'))
    await service.got(4)
    await expect.poll(async () => (await registered(bob.bare)).length).toBe(3)
    service.requests.length = 0
    alice.sends(chat(bob.bare, 'two'))
    const paths = (await settled()).map(({ path }) => path.slice(path.lastIndexOf('/') + 1)).sort()
    expect(paths).toEqual(['bad', 'broken', 'late'])
  })
})

describe('mod_push_service_mongoosepush with nodes of publish-subscribe', () => {
  const { away, sender, registered } = pushServer(`[modules.mod_pubsub]
plugins = ["flat", "push"]
[modules.mod_push_service_mongoosepush]
pool_name = "mpush"
${httpPool('mpush', service.origin)}`)

  it('posts what is published to the node of a device, and the registration goes with the device', async () => {
    const bob = await away()
    const create = `<pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='device' type='push'/></pubsub>`
    await bob.asks(create, 'set', { to: 'pubsub.localhost' })
    await bob.asks(enablePush('device', 'pubsub.localhost', { device_id: 'tok', service: 'fcm' }), 'set')
    const alice = await sender()
    service.answerTo = () => ({ status: 500 })
    alice.sends(chat(bob.bare, 'one'))
    const [first] = await service.got(1)
    expect([first?.path, JSON.parse(String(first?.body)).alert.body]).toEqual(['/v3/notification/tok', 'one'])
    service.answerTo = () => ({ status: 410 })
    alice.sends(chat(bob.bare, 'two'))
    await service.got(2)
    await expect.poll(() => registered(bob.bare)).toEqual([])
  })
})

describe('mod_push_service_mongoosepush with the older interface', () => {
  const { away, sender, registered } = pushServer(virtual('api_version = "v2"\nmax_http_connections = 1'))
  it('has another path, keeps registrations, and takes no more than it may', async () => {
    service.answerTo = () => ({ status: 410 })
    const bob = await away(device('one'))
    ;(await sender()).sends(chat(bob.bare, 'hello'))
    await service.got(1)
    expect(posted()[0]?.path).toBe('POST /base/v2/notification/one')
    const many = await away(device('two'), device('three'))
    service.answerTo = () => 'never'
    ;(await sender()).sends(chat(many.bare, 'hello'))
    await service.got(2)
    service.answerTo = () => ({})
    expect(await registered(bob.bare)).toHaveLength(1)
    expect(posted()).toHaveLength(2)
  })
})
