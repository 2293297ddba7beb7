import { describe, expect, it } from 'vitest'
import { adminLogin, GraphqlServer } from '../support/graphql.ts'

const graphql = new GraphqlServer('[modules.mod_last]\n')

describe('GraphQL', () => {
  it('says who somebody is', async () => {
    const query = '{ checkAuth { domain authStatus authType } }'
    expect(await graphql.ask('admin', query)).toMatchObject({
      status: 200,
      data: { checkAuth: { domain: null, authStatus: 'UNAUTHORIZED', authType: 'UNAUTHORIZED' } },
    })
    expect(await graphql.admin(query)).toEqual({
      checkAuth: { domain: null, authStatus: 'AUTHORIZED', authType: 'ADMIN' },
    })
  })

  it('registers', async () => {
    const query =
      'mutation { account { registerUser(domain: "localhost", username: "x", password: "y") { jid message } } }'
    expect(await graphql.admin(query)).toEqual(1)
  })
  it('x', async () => {
    expect(
      await graphql.ask('admin', '{ account { listUsers(domain: "localhost") a: listUsers(domain: "nope") } }', {
        as: adminLogin,
      }),
    ).toEqual(1)
  })
})
