import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { ConfigErrors } from '../../src/config/problem.ts'
import { allModules } from '../../src/modules/all.ts'
import { baseConfig } from '../support/own-server.ts'

function problemsOf(handler: string): string[] {
  const text = `${baseConfig}
[[listen.http]]
port = 0
[[listen.http.handlers.mongoose_graphql_handler]]
path = "/api/graphql"
${handler}
`
  try {
    parseConfig({ text, file: '/nowhere/meerkat.toml', modules: allModules })
    return []
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error
    return error.errors.map(({ message }) => message)
  }
}

describe('the handler of GraphQL', () => {
  it('takes what is documented', () => {
    const categories = 'allowed_categories = ["checkAuth", "http_upload", "external_services"]'
    const all = `schema_endpoint = "admin"\nusername = "a"\npassword = "b"\n${categories}\nsse_idle_timeout = "infinity"`
    expect(problemsOf(all)).toEqual([])
    expect(problemsOf('schema_endpoint = "domain_admin"')).toEqual([])
    expect(problemsOf('schema_endpoint = "user"')).toEqual([])
  })

  const wrong: readonly [string, string, RegExp][] = [
    ['no endpoint', '', /schema_endpoint|missing|required/i],
    ['an unknown endpoint', 'schema_endpoint = "root"', /Expected/],
    ['a name without a password', 'schema_endpoint = "admin"\nusername = "a"', /`username` and `password`, or neither/],
    ['a name where users sign in', 'schema_endpoint = "user"\nusername = "a"\npassword = "b"', /no `username`/],
    ['no category', 'schema_endpoint = "admin"\nallowed_categories = []', /./],
    ['an unknown category', 'schema_endpoint = "admin"\nallowed_categories = ["httpUpload"]', /Expected/],
  ]

  it.each(wrong)('is refused with %s', (_what, handler, message) => {
    expect(problemsOf(handler)).toEqual([expect.stringMatching(message)])
  })
})
