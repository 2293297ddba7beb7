import { describe, expect, it } from 'vitest'
import { EventReader } from '../support/event-reader.ts'
import { adminLogin, basic, codesOf, type Endpoint, GraphqlServer, graphqlListener } from '../support/graphql.ts'

const graphql = new GraphqlServer('[services.service_traffic]\n')
const messages = 'stanza_id sender timestamp stanza'
const toAdmin = `subscription ($c: JID!) { stanza { subscribeForMessages(caller: $c) { ${messages} } } }`
const toUser = `subscription { own: stanza { told: subscribeForMessages { ${messages} } } }`

interface Asked {
  readonly as: string
  readonly variables?: object
}

function addressOf(endpoint: Endpoint, query: string, variables: object = {}): string {
  return `/${endpoint}/sse?${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`
}

function listen(endpoint: Endpoint, query: string, { as, variables }: Asked, server = graphql): Promise<EventReader> {
  return EventReader.open(`${server.own.server.httpUrl}${addressOf(endpoint, query, variables)}`, basic(as))
}

async function data(reader: EventReader) {
  return JSON.parse((await reader.next())?.data ?? 'null')
}

/** How many sessions an account has. */
async function sessionsOf(user: string): Promise<number> {
  const { session } = await graphql.admin('query ($u: JID!) { session { countUserResources(user: $u) } }', { u: user })
  return session.countUserResources
}

describe('subscriptions', () => {
  it('tell an administrator which messages somebody gets, counted from 1', async () => {
    const alice = await graphql.own.client('alice')
    await graphql.own.server.registerUser('bob', 'secret')
    const reader = await listen('admin', toAdmin, { as: adminLogin, variables: { c: 'bob@localhost' } })
    expect(reader.response.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    alice.send(`<message to='bob@localhost' type='headline'><body>not shown</body></message>`)
    alice.send(`<message to='bob@localhost' type='chat' id='m1'><body>one</body></message>`)
    alice.send(`<message to='bob@localhost' type='chat' id='m2'><body>two</body></message>`)
    const first = await reader.next()
    expect(first?.id).toBe('1')
    const { subscribeForMessages: told } = JSON.parse(first?.data ?? '').data.stanza
    expect(told).toMatchObject({ sender: alice.jid, stanza_id: 'm1' })
    expect(told.stanza).toContain('<body>one</body>')
    expect(Date.parse(told.timestamp)).toBeGreaterThan(0)
    const second = await reader.next()
    expect(second?.id).toBe('2')
    expect(second?.data).toContain('<body>two</body>')
    reader.close()
    await expect.poll(() => sessionsOf('bob@localhost')).toBe(0)
  })

  it('tell users their own messages, by the names that they ask for; nobody sees them come', async () => {
    const carol = await graphql.own.client('carol')
    const reader = await listen('user', toUser, { as: 'carol@localhost:secret' })
    expect(await sessionsOf('carol@localhost')).toBe(2)
    const sender = await graphql.own.client('dora')
    sender.send(`<message to='carol@localhost' type='chat' id='x'><body>hello</body></message>`)
    expect((await data(reader)).data.own.told).toMatchObject({ sender: sender.jid, stanza_id: 'x' })
    await carol.receives(`<message from='${sender.jid}' id='x' {any}><body>hello</body>{any}</message>`)
    await carol.receivesNothing()
    reader.close()
  })

  it('show the traffic of all sessions, or the first of it', async () => {
    const erin = await graphql.own.client('erin')
    const query = 'subscription { stanza { subscribeForTraffic(limit: 2) { pid jid timestamp dir stanza } } }'
    const reader = await listen('admin', query, { as: adminLogin })
    erin.send(`<message to='erin@localhost' type='chat' id='t'><body>myself</body></message>`)
    const sent = (await data(reader)).data.stanza.subscribeForTraffic
    expect(sent).toMatchObject({ pid: null, jid: erin.jid, dir: 'client_to_server' })
    expect(sent.stanza).toContain('myself')
    const received = (await data(reader)).data.stanza.subscribeForTraffic
    expect(received).toMatchObject({ jid: erin.jid, dir: 'server_to_client' })
    expect(await reader.next()).toBeUndefined()
  })

  it('end with the session that they are for', async () => {
    await graphql.own.server.registerUser('frank', 'secret')
    const reader = await listen('user', toUser, { as: 'frank@localhost:secret' })
    await graphql.admin('mutation { session { kickUser(user: "frank@localhost") { kicked } } }')
    expect(await reader.next()).toBeUndefined()
  })

  const forCaller = (caller: string) => toAdmin.replace('$c)', `"${caller}")`).replace(' ($c: JID!)', '')
  const twice = 'subscription { stanza { a: subscribeForTraffic { jid } b: subscribeForTraffic { jid } } }'
  const refused: readonly [string, [Endpoint, string, string?], [number, string]][] = [
    ['nobody', ['user', toUser], [401, 'no_permissions']],
    ['a domain', ['admin', forCaller('localhost'), adminLogin], [400, 'user_not_found']],
    ['somebody who does not exist', ['admin', forCaller('x@localhost'), adminLogin], [400, 'user_not_found']],
    ['somebody of another domain', ['admin', forCaller('x@else.example'), adminLogin], [400, 'user_not_found']],
    ['a query', ['admin', '{ checkAuth { domain } }', adminLogin], [400, 'unsupported_operation']],
    ['two things at once', ['admin', twice, adminLogin], [400, 'unsupported_operation']],
  ]

  it.each(refused)('are refused: %s', async (_what, [endpoint, query, as], [status, code]) => {
    const answer = await graphql.send({ path: addressOf(endpoint, query), headers: basic(as) })
    expect([answer.status, codesOf(answer)]).toEqual([status, [code]])
  })
})

describe('subscriptions of other servers', () => {
  const idle = new GraphqlServer('', graphqlListener('sse_idle_timeout = 1'))

  it('end when nothing happens for long', async () => {
    await idle.own.server.registerUser('bob', 'secret')
    const reader = await listen('admin', toAdmin, { as: adminLogin, variables: { c: 'bob@localhost' } }, idle)
    expect(await reader.next()).toBeUndefined()
  })

  it('show no traffic unless the configuration says so', async () => {
    const query = 'subscription { stanza { subscribeForTraffic { jid } } }'
    const answer = await idle.send({ path: addressOf('admin', query) })
    expect([answer.status, codesOf(answer)]).toEqual([400, ['deps_not_loaded']])
    expect(answer.errors?.[0]?.extensions['not_loaded_services']).toEqual(['service_traffic'])
  })
})
