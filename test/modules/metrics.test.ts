import { describe, expect, it } from 'vitest'
import { Client } from '../support/client.ts'
import { ownServer } from '../support/own-server.ts'

const modules = ['private', 'last', 'vcard', 'privacy', 'mam.pm', 'offline', 'cache_users'].map(
  (name) => `[modules.mod_${name}]\n`,
)

describe('metrics of what modules keep, under the names of MongooseIM', () => {
  const own = ownServer(`${modules.join('')}
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[[listen.http.handlers.mongoose_prometheus_handler]]
path = "/metrics"
`)
  const read = async () => (await fetch(`${own.server.httpUrl}/metrics`)).text()
  const figure = (text: string, series: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length + 1) ?? Number.NaN,
    )

  const pool = '{pool_id="mod_mam_localhost"}'

  it('count and time the calls of stores, batches and caches', async () => {
    const alice = await own.client('alice', 'pc')
    const bob = await own.client('bob', 'pc')
    await alice.asks(`<query xmlns='jabber:iq:private'><a xmlns='app:a'/></query>`, 'set')
    await alice.asks(`<vCard xmlns='vcard-temp'/>`, 'get', { refused: 'item-not-found' })
    await alice.asks(`<query xmlns='jabber:iq:privacy'/>`)
    alice.sends(`<message type='chat' to='${bob.bare}' id='m'><body>hello</body></message>`)
    alice.sends(`<message type='chat' to='nobody@localhost' id='n'><body>hello</body></message>`)
    await alice.isHeard()
    await alice.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', {
      to: bob.bare,
      refused: 'service-unavailable',
    })
    // The batch of the archive sets out a moment later.
    await expect.poll(async () => figure(await read(), `async_pool_request_count${pool}`)).toBeGreaterThanOrEqual(2)
    const text = await read()
    for (const [store, method] of [
      ['mod_private', 'put'],
      ['mod_vcard', 'get'],
      ['mod_privacy', 'load'],
      ['mod_roster', 'load'],
    ]) {
      const labels = `{function="${method}"}`
      expect(figure(text, `${store}_backend_count${labels}`), `${store} ${method}`).toBeGreaterThan(0)
      expect(figure(text, `${store}_backend_time_count${labels}`)).toBeGreaterThan(0)
    }
    expect(
      figure(text, `async_pool_flush_timed${pool}`) + figure(text, `async_pool_flush_batch${pool}`),
    ).toBeGreaterThanOrEqual(1)
    expect(figure(text, `async_pool_queue_lengths_total${pool}`)).toBe(0)
    expect(figure(text, 'mod_disco_roster_get_count{host_type="localhost"}')).toBe(1)
    const cache = '{cache_name="mod_cache_users_localhost"}'
    expect(figure(text, `user_cache_lookup_misses${cache}`)).toBeGreaterThan(0)
    expect(figure(text, 'system_info_schedulers')).toBeGreaterThan(0)
    expect(figure(text, 'system_info_port_count')).toBeGreaterThan(0)
  })

  it('count the connections of HTTP ports too', async () => {
    await read()
    const values = await own.server.server.metrics.values()
    const ids = values.filter(({ name }) => name === 'listener_connections_count').map(({ labels }) => labels)
    expect(ids).toContainEqual({ listener_id: `127.0.0.1@tcp/${new URL(own.server.httpUrl).port}` })
    expect(own.server.server.ports.map(({ kind }) => kind)).toContain('http')
  })
})

describe('metrics of accounts that pass', () => {
  const own = ownServer('[auth]\nmethods = ["anonymous"]\n[auth.anonymous]\nprotocol = "login_anon"\n')

  it('are counted apart', async () => {
    // With a proof the password is the empty one, which both sides know.
    const guest = await Client.signIn(own.server, { local: 'guest', password: '' }, 'pc')
    await guest.leaves()
    const count = async (name: string) =>
      (await own.server.server.metrics.values()).find((each) => each.name === `auth_anonymous_${name}_user_count`)
    expect(await count('register')).toMatchObject({ labels: { host_type: 'localhost' }, value: 1 })
    await expect.poll(async () => (await count('unregister'))?.value).toBe(1)
  })
})
