import { getIntrospectionQuery } from 'graphql'
import { describe, expect, it } from 'vitest'
import { adminLogin, codesOf, GraphqlServer } from '../support/graphql.ts'

const graphql = new GraphqlServer('[modules.mod_vcard]\n')
const ask = (query: string, variables?: unknown) => graphql.ask('admin', query, { as: adminLogin, variables })

async function isLimited(query: string, variables?: unknown): Promise<void> {
  const answer = await ask(query, variables)
  expect([answer.status, codesOf(answer)]).toEqual([400, ['limit_exceeded']])
}

describe('documents that ask for too much', () => {
  it('nest too deep', async () => {
    await isLimited(`${'{ account '.repeat(100_000)}`)
    await isLimited(`{ account { countUsers(domain: ${'['.repeat(5000)}`)
  })

  it('are too long', () => isLimited(`{ ${'a '.repeat(10_000)} }`))

  it('ask for the same thing many times under other names', async () => {
    const aliases = (many: number) => Array.from({ length: many }, (_, at) => `a${at}: countUsers(domain: "localhost")`)
    await isLimited(`{ account { ${aliases(101).join(' ')} } }`)
    const { data } = await ask(`{ account { ${aliases(100).join(' ')} } }`)
    expect(Object.keys(data.account)).toHaveLength(100)
  })

  it('multiply by fragments', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, at) => `fragment f${at} on AdminQuery { ...f${at + 1} ...f${at + 1} }`,
    )
    await isLimited(`{ ...f0 } ${levels.join(' ')} fragment f12 on AdminQuery { checkAuth { domain } }`)
  })

  it('go round in a circle', async () => {
    const answer = await ask('{ ...a } fragment a on AdminQuery { ...b } fragment b on AdminQuery { ...a }')
    expect([answer.status, codesOf(answer)]).toEqual([400, ['validation_error']])
  })

  it('ask about types of types of types', async () => {
    const deep = `{ __schema { types { ${'fields { type { '.repeat(6)} name ${'} }'.repeat(6)} } } }`
    const answer = await ask(deep)
    expect(answer.status).toBe(400)
    expect(codesOf(answer)).toContain('validation_error')
  })

  it('bring variables that nest too deep', async () => {
    const card = (depth: number): object => ({
      formattedName: 'x',
      nameComponents: {},
      ...(depth === 0 ? {} : { agent: [{ vcard: card(depth - 1) }] }),
    })
    const query = 'mutation ($c: VcardInput!) { vcard { setVcard(user: "a@localhost", vcard: $c) { formattedName } } }'
    await isLimited(query, { c: card(1000) })
    expect(codesOf(await ask(query, { c: card(5) }))).toEqual(['user_not_found'])
  })

  it('may be introspected by everybody', async () => {
    for (const endpoint of ['admin', 'domain_admin', 'user'] as const) {
      const { status, data } = await graphql.ask(endpoint, getIntrospectionQuery())
      expect([status, data.__schema.queryType.name]).toEqual([200, endpoint === 'user' ? 'UserQuery' : 'AdminQuery'])
    }
  })
})

describe('wrong credentials', () => {
  const guessed = new GraphqlServer('')
  const query = '{ checkAuth { authStatus } }'

  it('are refused, and after ten of them everything from there for a while', async () => {
    for (const [endpoint, as] of [
      ['admin', 'admin:wrong'],
      ['admin', 'wrong:sesame'],
      ['domain_admin', 'admin@localhost:x'],
      ['domain_admin', 'nobody:x'],
      ['user', 'nobody@localhost:x'],
      ['user', 'nobody:x'],
    ] as const) {
      const answer = await guessed.ask(endpoint, query, { as })
      expect([answer.status, codesOf(answer)]).toEqual([401, ['wrong_credentials']])
      expect(answer.headers['www-authenticate']).toMatch(/^Basic /)
    }
    for (let more = 0; more < 4; more++) await guessed.ask('admin', query, { as: `admin:${more}` })
    const late = await guessed.ask('admin', query, { as: adminLogin })
    expect([late.status, codesOf(late)]).toEqual([429, ['wrong_credentials']])
    expect(Number(late.headers['retry-after'])).toBeGreaterThan(0)
  })
})
