import { isNonNullType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { GraphqlApi } from '../../src/admin/graphql/api.ts'
import type { Caller } from '../../src/admin/graphql/authorise.ts'
import { Refused } from '../../src/admin/graphql/failure.ts'
import type { SchemaKind } from '../../src/admin/graphql/schema.ts'
import { type Operation, operationsOf } from '../../src/admin/graphql/tags.ts'
import { Jid } from '../../src/jid/jid.ts'
import { CommandRegistry } from '../../src/module/command.ts'
import { codesOf, GraphqlServer } from '../support/graphql.ts'
import { type Chosen, requestFor } from '../support/graphql-samples.ts'

const own = 'own.example'
const services = new Map([['rooms.own.example', own]])
const parts = {
  commands: new CommandRegistry(),
  services: () => new Set<string>(),
  report: () => {},
  tell: () => {},
  ownerOf: (domain: string) => services.get(domain) ?? domain,
}

const apis = { admin: new GraphqlApi({ schema: 'admin' }, parts), user: new GraphqlApi({ schema: 'user' }, parts) }

/** What somebody is told of an operation: nothing where it may be asked for. */
function refusal(kind: SchemaKind, operation: Operation, caller: Caller, [domain, more]: [string, Chosen?]) {
  try {
    apis[kind].prepare({ ...requestFor(operation, domain, more), operationName: undefined }, caller)
    return undefined
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const [first] = error.errors
    return { status: error.status, ...first?.extensions }
  }
}

const admin: Caller = { is: 'admin' }
const domainAdmin: Caller = { is: 'domain_admin', domain: own }
const user: Caller = { is: 'user', jid: Jid.parse('somebody@own.example') }
const nobody: Caller = { is: 'nobody' }

const adminOperations = operationsOf(apis.admin.schema)
const userOperations = operationsOf(apis.user.schema)
const names = (operations: Operation[]) => operations.map((each) => [each.name, each] as const)

describe('every operation of the schema for administrators', () => {
  it('are as many as are documented, and each is open to somebody', () => {
    expect(adminOperations).toHaveLength(132)
    const tags = adminOperations.map(({ protection }) => protection.type)
    expect(new Set(tags)).toEqual(new Set(['DOMAIN', 'GLOBAL']))
  })

  it.each(names(adminOperations))('%s', (_name, operation) => {
    const { type, args } = operation.protection
    expect(refusal('admin', operation, admin, ['else.example'])).toBeUndefined()
    expect(refusal('admin', operation, nobody, [own])).toEqual({ status: 401, code: 'no_permissions' })
    if (type === 'GLOBAL') {
      const refused = { status: 401, code: 'no_permissions', type: 'global' }
      expect(refusal('admin', operation, domainAdmin, [own])).toEqual(refused)
      return
    }
    const refused = { status: 401, code: 'no_permissions', type: 'domain' }
    for (const domain of [own, 'rooms.own.example', 'OWN.example']) {
      expect(refusal('admin', operation, domainAdmin, [domain]), domain).toBeUndefined()
    }
    for (const domain of ['else.example', 'x.own.example', 'example', 'rooms.else.example']) {
      const found = refusal('admin', operation, domainAdmin, [domain])
      expect(found, domain).toEqual({ ...refused, invalid_args: args })
    }
    // Each tagged argument by itself.
    for (const path of args) {
      const [name = ''] = path.split('.')
      const foreign = requestFor(operation, 'else.example').variables[name]
      expect(refusal('admin', operation, domainAdmin, [own, { [name]: foreign }])).toMatchObject(refused)
      const argument = operation.field.args.find((each) => each.name === name)
      if (isNonNullType(argument?.type)) continue
      for (const missing of [null, undefined]) {
        const found = refusal('admin', operation, domainAdmin, [own, { [name]: missing }])
        expect(found).toEqual({ ...refused, invalid_args: [path] })
      }
    }
  })
})

describe('every operation of the schema for users', () => {
  it.each(names(userOperations))('%s', (_name, operation) => {
    expect(refusal('user', operation, user, ['else.example'])).toBeUndefined()
    expect(refusal('user', operation, nobody, [own])).toEqual({ status: 401, code: 'no_permissions' })
  })
})

describe('administrators of domains', () => {
  const graphql = new GraphqlServer(
    '[services.service_domain_db]\n[modules.mod_muc]\n[modules.mod_blocklist]\n[modules.mod_broadcast]\n',
  )
  const as = 'admin@localhost:key'
  const ask = (query: string, variables?: unknown) => graphql.ask('domain_admin', query, { as, variables })

  it('sign in with the password that is set for them, and stay in their domain', async () => {
    const set = 'mutation { domain { setDomainPassword(domain: "localhost", password: "key") } }'
    expect(await graphql.admin(set)).toEqual({ domain: { setDomainPassword: 'Domain password set successfully' } })
    const who = await ask('{ checkAuth { domain authStatus authType } }')
    expect(who.data).toEqual({
      checkAuth: { domain: 'localhost', authStatus: 'AUTHORIZED', authType: 'DOMAIN_ADMIN' },
    })
    const mine = await ask('{ account { countUsers(domain: "localhost") } }')
    expect(mine.data).toEqual({ account: { countUsers: 0 } })
    const both = await ask('{ account { a: countUsers(domain: "localhost") b: countUsers(domain: "x.example") } }')
    expect([both.status, codesOf(both), both.data]).toEqual([401, ['no_permissions'], undefined])
    expect(both.errors?.[0]).toMatchObject({ path: ['account', 'b'], extensions: { invalid_args: ['domain'] } })
    const all = await ask('{ session { countSessions } }')
    expect([all.status, codesOf(all)]).toEqual([401, ['no_permissions']])
    const room = 'mutation { muc { deleteRoom(room: "x@conference.localhost") } }'
    expect(codesOf(await ask(room))).toEqual(['room_not_found'])
    const others = 'mutation { muc { deleteRoom(room: "x@conference.example") } }'
    expect(codesOf(await ask(others))).toEqual(['no_permissions'])
    expect(codesOf(await ask('{ server { status { version } } }'))).toEqual(['no_permissions'])
  })

  it('are not let in to other endpoints, nor by another name', async () => {
    const query = '{ checkAuth { authStatus } }'
    expect((await graphql.ask('admin', query, { as })).status).toBe(401)
    expect((await graphql.ask('user', query, { as })).status).toBe(401)
    for (const other of ['admin@elsewhere.example:key', 'root@localhost:key', 'admin@localhost/x:key']) {
      expect((await graphql.ask('domain_admin', query, { as: other })).status, other).toBe(401)
    }
  })

  it('bar accounts of their domain only', async () => {
    await graphql.own.server.registerUser('barred', 'secret')
    const bar = (user: string) =>
      ask('mutation ($u: JID!) { blocklist { addUser(user: $u, reason: "spam") } }', { u: user })
    expect((await bar('barred@localhost')).data).toEqual({ blocklist: { addUser: true } })
    const other = await bar('barred@other.example')
    expect([other.status, codesOf(other)]).toEqual([401, ['no_permissions']])
    expect(other.errors?.[0]?.extensions['invalid_args']).toEqual(['user'])
  })

  it('send broadcasts in their domain only, from accounts of it', async () => {
    const query = `mutation ($d: DomainName!, $s: BareJID!) { broadcast { startBroadcast(domain: $d, senderJid: $s, name: "n",
      messageSubject: "s", messageBody: "b", messageRate: 1, recipientGroup: ALL_USERS_IN_DOMAIN) { message } } }`
    const other = await ask(query, { d: 'other.example', s: 'barred@localhost' })
    expect([other.status, codesOf(other)]).toEqual([401, ['no_permissions']])
    expect(codesOf(await ask(query, { d: 'localhost', s: 'x@other.example' }))).toEqual(['sender_not_found'])
    const own = await ask(query, { d: 'localhost', s: 'barred@localhost' })
    expect(own.data).toEqual({ broadcast: { startBroadcast: { message: 'Broadcast started' } } })
  })

  it('are out as soon as their password is taken away', async () => {
    await graphql.admin('mutation { domain { deleteDomainPassword(domain: "localhost") } }')
    expect((await ask('{ checkAuth { authStatus } }')).status).toBe(401)
  })
})
