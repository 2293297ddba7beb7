import { describe, expect, it } from 'vitest'
import {
  type Answer,
  adminLogin,
  basic,
  codesOf,
  GraphqlServer,
  graphqlListener,
  type Plain,
} from '../support/graphql.ts'

const graphql = new GraphqlServer('[modules.mod_last]\n')
const count = '{ account { countUsers(domain: "localhost") } }'
const counted = { status: 200, data: { account: { countUsers: 0 } } }

function get(parameters: Readonly<Record<string, string>>, as: string | undefined = adminLogin): Promise<Answer> {
  return graphql.send({ path: `/admin?${new URLSearchParams(parameters)}`, headers: basic(as) })
}

function post(body: string, more: Plain = {}): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...basic(adminLogin), ...more.headers }
  return graphql.send({ method: 'POST', ...more, headers, body })
}

describe('requests over HTTP', () => {
  it('are asked by POST and by GET, with variables and the name of an operation', async () => {
    expect(await post(JSON.stringify({ query: count }))).toMatchObject(counted)
    expect(await get({ query: count })).toMatchObject(counted)
    const query = 'query a($d: DomainName!) { account { countUsers(domain: $d) } } query b { checkAuth { authType } }'
    const variables = { d: 'localhost' }
    expect(await get({ query, operationName: 'a', variables: JSON.stringify(variables) })).toMatchObject(counted)
    expect(await post(JSON.stringify({ query, operationName: 'a', variables }))).toMatchObject(counted)
    const other = await post(JSON.stringify({ query, operationName: 'b', variables: null }))
    expect(other.data).toEqual({ checkAuth: { authType: 'ADMIN' } })
  })

  it('change something by POST only, sent as JSON: no page of another origin can', async () => {
    const query = 'mutation { server { setLoglevel(level: ERROR) } }'
    const refused = await get({ query })
    expect(refused).toMatchObject({ status: 405, headers: { allow: 'POST' } })
    expect(codesOf(refused)).toEqual(['unsupported_operation'])
    const plain = await post(JSON.stringify({ query }), { headers: { 'content-type': 'text/plain' } })
    expect(plain).toMatchObject({ status: 415 })
    expect(codesOf(plain)).toEqual(['invalid_json_body'])
    const done = await post(JSON.stringify({ query }))
    expect(done.data).toEqual({ server: { setLoglevel: 'Log level is ERROR' } })
  })

  const wrong: readonly [string, () => Promise<Answer>, number, string][] = [
    ['no query', () => post('{}'), 400, 'no_query_supplied'],
    ['no query in the address', () => get({ operationName: 'x' }), 400, 'no_query_supplied'],
    ['a query that is no text', () => post('{"query": 1}'), 400, 'invalid_query_parameters'],
    ['a body that is not JSON', () => post('{'), 400, 'invalid_json_body'],
    ['several requests in one', () => post(JSON.stringify([{ query: count }])), 400, 'invalid_json_body'],
    ['a large body', () => post(JSON.stringify({ query: ' '.repeat(1 << 20) })), 413, 'invalid_json_body'],
    ['variables that are not JSON', () => get({ query: count, variables: '{' }), 400, 'variables_invalid_json'],
    ['variables in a list', () => post(JSON.stringify({ query: count, variables: [] })), 400, 'variables_invalid_json'],
    ['a name that is no text', () => post(`{"query": "x", "operationName": 1}`), 400, 'invalid_query_parameters'],
    ['a parameter twice', () => graphql.send({ path: '/admin?query=a&query=b' }), 400, 'invalid_query_parameters'],
    ['what is no GraphQL', () => get({ query: '{ account' }), 400, 'parser_error'],
    ['a field that is not there', () => get({ query: '{ account { nothing } }' }), 400, 'validation_error'],
    ['an unknown operation', () => get({ query: count, operationName: 'x' }), 400, 'no_such_operation'],
    ['another type', () => get({ query: '{ account { countUsers(domain: 1) } }' }), 400, 'input_coercion'],
    [
      'a missing variable',
      () => get({ query: 'query ($x: DomainName!) { account { countUsers(domain: $x) } }' }),
      400,
      'input_coercion',
    ],
    [
      'a subscription',
      () => get({ query: 'subscription { stanza { subscribeForMessages(caller: "a@localhost") { sender } } }' }),
      400,
      'unsupported_operation',
    ],
  ]

  it.each(wrong)('are refused with the reason: %s', async (_what, ask, status, code) => {
    const answer = await ask()
    expect([answer.status, codesOf(answer)]).toEqual([status, [code]])
    expect(answer.data).toBeUndefined()
  })

  const scalars: readonly [string, string, unknown][] = [
    ['DomainName', 'query ($v: DomainName!) { account { countUsers(domain: $v) } }', 'a b'],
    ['JID', 'query ($v: JID!) { account { checkUser(user: $v) { exist } } }', '@x'],
    ['BareJID', 'query ($v: BareJID!) { muc { getRoomConfig(room: $v) { title } } }', 'a@b/c'],
    ['FullJID', 'mutation ($v: FullJID!) { session { kickUserSession(user: $v) { kicked } } }', 'a@b'],
    ['PosInt', 'query ($v: PosInt) { account { listUsers(domain: "localhost", limit: $v) } }', 0],
    ['NonNegInt', 'query ($v: NonNegInt) { account { listUsers(domain: "localhost", index: $v) } }', -1],
    ['DateTime', 'query ($v: DateTime) { last { countActiveUsers(domain: "localhost", timestamp: $v) } }', 'noon'],
    ['XmlElement', 'mutation ($v: XmlElement) { stanza { sendStanza(stanza: $v) { id } } }', '<a>'],
    [
      'NonEmptyString',
      'mutation ($v: NonEmptyString!) { domain { setDomainPassword(domain: "a", password: $v) } }',
      '',
    ],
    [
      'UserName',
      'mutation ($v: UserName) { account { registerUser(domain: "a", username: $v, password: "p") { jid } } }',
      'a@b',
    ],
  ]

  it.each(scalars)(
    'have values that are what they say, in variables and in the text: %s',
    async (name, query, value) => {
      const inVariable = await post(JSON.stringify({ query, variables: { v: value } }))
      expect([inVariable.status, codesOf(inVariable)]).toEqual([400, ['input_coercion']])
      const text = query.replace(/\(\$v: \w+!?\)/, '').replace('$v', JSON.stringify(value))
      const inText = await post(JSON.stringify({ query: text }))
      expect([inText.status, codesOf(inText)]).toEqual([400, ['input_coercion']])
      expect(inText.errors?.[0]?.message).toBe(`This is not a ${name}.`)
    },
  )

  it('tell what an operation has failed with, beside what others have answered', async () => {
    const query = '{ account { countUsers(domain: "localhost") x: countUsers(domain: "nowhere") } }'
    const { status, data, errors } = await post(JSON.stringify({ query }))
    expect([status, data]).toEqual([200, { account: { countUsers: 0, x: null } }])
    expect(errors).toMatchObject([
      {
        message: 'Given domain does not exist',
        path: ['account', 'x'],
        extensions: { code: 'domain_not_found', domain: 'nowhere' },
      },
    ])
  })

  it('change things one after another, in the order of the document', async () => {
    const query = `mutation { account {
      a: registerUser(domain: "localhost", username: "order", password: "x") { jid }
      b: removeUser(user: "order@localhost") { jid }
      c: registerUser(domain: "localhost", username: "order", password: "x") { jid }
      d: removeUser(user: "order@localhost") { message }
      e: removeUser(user: "order@localhost") { message }
    } }`
    const { data, errors } = await post(JSON.stringify({ query }))
    expect(data.account.d).toEqual({ message: 'User order@localhost successfully unregistered' })
    expect(data.account.e).toBeNull()
    expect(errors).toMatchObject([{ path: ['account', 'e'], extensions: { code: 'user_does_not_exist' } }])
  })

  it('have a page for browsers, which may load nothing from elsewhere', async () => {
    const page = await graphql.send({ headers: { accept: 'text/html,application/xhtml+xml' } })
    expect(page.status).toBe(200)
    expect(page.text).toContain('<title>GraphiQL</title>')
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';")
    for (const [, file] of page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      expect((await graphql.send({ path: file ?? '' })).status, file).toBe(200)
    }
    expect((await graphql.send({ path: '/admin/graphiql/..%2f..%2fpackage.json' })).status).toBe(404)
  })

  it('of pages of other origins are for users only, and without what the browser knows', async () => {
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
    const user = await graphql.send({ method: 'OPTIONS', path: '/user', headers })
    expect(user).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': 'https://app.example' } })
    expect(user.headers['access-control-allow-credentials']).toBeUndefined()
    const admin = await graphql.send({ method: 'OPTIONS', path: '/admin', headers })
    expect(admin.headers['access-control-allow-origin']).toBeUndefined()
  })
})

describe('categories', () => {
  const listener = graphqlListener('allowed_categories = ["checkAuth", "account", "http_upload"]')
  const narrow = new GraphqlServer('', listener)

  it('that are not allowed are refused, and nothing of the request is done', async () => {
    const query = `mutation { account { registerUser(domain: "localhost", username: "x", password: "y") { jid } }
      server { setLoglevel(level: ERROR) } }`
    const answer = await narrow.ask('admin', query)
    expect([answer.status, codesOf(answer)]).toEqual([400, ['category_disabled']])
    expect(answer.errors?.[0]?.path).toEqual(['server'])
    expect(await narrow.ask('admin', count)).toMatchObject(counted)
    const upload =
      'mutation { httpUpload { getUrl(domain: "localhost", filename: "a", size: 1, timeout: 1) { putUrl } } }'
    const absent = await narrow.ask('admin', upload)
    expect([absent.status, codesOf(absent)]).toEqual([200, ['deps_not_loaded']])
    expect(absent.errors?.[0]?.extensions['not_loaded_modules']).toEqual(['mod_http_upload'])
  })

  it('are open to all where the handler has no credentials', async () => {
    expect((await narrow.ask('admin', '{ checkAuth { authType } }')).data).toEqual({ checkAuth: { authType: 'ADMIN' } })
  })
})
