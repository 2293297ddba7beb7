import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OwnTestServer } from '../support/server.ts'
import { freePorts, suiteNeeding } from '../support/services.ts'
import { attempt, plain, readyStream, startAuthServer } from '../support/sign-in-attempt.ts'
import { Slapd } from '../support/slapd.ts'

interface Options {
  readonly ldap?: string
  readonly connection?: string
  readonly servers?: string
}

function settings(slapd: Slapd, { ldap = '', connection = '', servers = '["127.0.0.1"]' }: Options = {}): string {
  const pool = (tag: string) => `
[outgoing_pools.ldap.${tag}]
workers = 3
call_timeout = 2000
[outgoing_pools.ldap.${tag}.connection]
servers = ${servers}
port = ${slapd.port}
connect_interval = 1
${connection}
`
  return `
[auth]
methods = ["ldap"]
[auth.ldap]
base = "ou=Users,${slapd.base}"
${ldap}
${pool('default')}
${pool('bind')}
`
}

suiteNeeding(['/usr/sbin/slapd'], 'accounts in an LDAP directory', () => {
  let slapd: Slapd
  let server: OwnTestServer
  beforeAll(async () => {
    slapd = await Slapd.start()
    await slapd.addPerson('lena', 'secret', { mail: 'lena@localhost', employeeType: 'staff' })
    await slapd.addPerson('mila', 'secret', { mail: ['mila@localhost', 'm@localhost'], employeeType: 'guest' })
    await slapd.change((client) =>
      client.add(`cn=chatters,ou=Users,${slapd.base}`, {
        objectClass: ['groupOfNames'],
        cn: 'chatters',
        description: 'lena',
        member: [`uid=lena,ou=Users,${slapd.base}`],
      }),
    )
    server = await startAuthServer(settings(slapd))
  })
  afterAll(async () => {
    await server?.stop()
    await slapd?.remove()
  })

  /** What comes of logging in under other settings. */
  async function under(options: Options, user: string, password = 'secret'): Promise<string> {
    const other = await startAuthServer(settings(slapd, options))
    try {
      return await attempt(other, 'PLAIN', plain(user, password))
    } finally {
      await other.stop()
    }
  }

  it('log in with PLAIN only', async () => {
    const { stream, offered } = await readyStream(server)
    stream.destroy()
    expect(offered).toEqual(['PLAIN'])
    expect(await attempt(server, 'PLAIN', plain('lena', 'secret'))).toBe('success')
    expect(await attempt(server, 'PLAIN', plain('lena', 'wrong'))).toBe('not-authorized')
    expect(await attempt(server, 'PLAIN', plain('nobody', 'secret'))).toBe('not-authorized')
    expect(await attempt(server, 'PLAIN', plain('*', 'secret'))).toBe('not-authorized')
  })

  it('are listed, and cannot be made', async () => {
    const accounts = server.server.hostOf('localhost')?.accounts
    expect(await accounts?.list('localhost')).toEqual(['lena', 'mila'])
    expect(await accounts?.count('localhost')).toBe(2)
    expect(accounts?.canRegister).toBe(false)
  })

  it('follow a change of the password at once', async () => {
    const dn = await slapd.addPerson('nora', 'old')
    expect(await attempt(server, 'PLAIN', plain('nora', 'old'))).toBe('success')
    await slapd.setPassword(dn, 'new')
    expect(await attempt(server, 'PLAIN', plain('nora', 'old'))).toBe('not-authorized')
    expect(await attempt(server, 'PLAIN', plain('nora', 'new'))).toBe('success')
    await slapd.change((client) => client.del(dn))
    expect(await attempt(server, 'PLAIN', plain('nora', 'new'))).toBe('not-authorized')
  })

  it('are named by the attributes configured', async () => {
    const ldap = 'uids = [{ attr = "mail", format = "%u@localhost" }, { attr = "cn" }]'
    expect(await under({ ldap }, 'm')).toBe('success')
    expect(await under({ ldap }, 'lena')).toBe('success')
  })

  it('pass the filter', async () => {
    const ldap = 'filter = "(employeeType=staff)"'
    expect(await under({ ldap }, 'lena')).toBe('success')
    expect(await under({ ldap }, 'mila')).toBe('not-authorized')
  })

  it('pass the second search', async () => {
    const ldap = 'dn_filter.filter = "(&(member=%D)(description=%s)(description=%uid))"\ndn_filter.attributes = ["uid"]'
    expect(await under({ ldap }, 'lena')).toBe('success')
    expect(await under({ ldap }, 'mila')).toBe('not-authorized')
  })

  it('pass the local filter', async () => {
    const ldap =
      'local_filter = { operation = "notequal", attribute = "employeeType", values = ["guest"] }\nderef = "always"'
    expect(await under({ ldap }, 'lena')).toBe('success')
    expect(await under({ ldap }, 'mila')).toBe('not-authorized')
  })

  it('are searched as the entry configured', async () => {
    const connection = `root_dn = "${slapd.rootDn}"\npassword = "${slapd.rootPassword}"`
    expect(await under({ connection }, 'lena')).toBe('success')
    expect(await under({ connection: `root_dn = "${slapd.rootDn}"\npassword = "no"` }, 'lena')).toBe(
      'temporary-auth-failure',
    )
  })

  it('are found at the next server when the first is away', async () => {
    expect(await under({ servers: '["127.0.0.2", "127.0.0.1"]' }, 'lena')).toBe('success')
  })

  it('are asked for over TLS', async () => {
    const over = async (connection: string) => {
      const text = settings(slapd, { connection, servers: '["localhost"]' }).replaceAll(
        `port = ${slapd.port}`,
        `port = ${slapd.tlsPort}`,
      )
      const other = await startAuthServer(text)
      try {
        return await attempt(other, 'PLAIN', plain('lena', 'secret'))
      } finally {
        await other.stop()
      }
    }
    expect(await over(`tls.cacertfile = ${JSON.stringify(slapd.certificate)}`)).toBe('success')
    expect(await over('tls.verify_mode = "none"')).toBe('success')
    expect(await over('encrypt = "tls"')).toBe('temporary-auth-failure')
  })

  it('cannot be told of by no server', async () => {
    const [port = 0] = await freePorts(1)
    expect(await under({ connection: `tls = { verify_mode = "none" }` }, 'lena')).toBe('temporary-auth-failure')
    const nowhere = settings(slapd).replaceAll(`port = ${slapd.port}`, `port = ${port}`)
    const other = await startAuthServer(nowhere)
    expect(await attempt(other, 'PLAIN', plain('lena', 'secret'))).toBe('temporary-auth-failure')
    await other.stop()
  })

  it('log in again when the directory was away under load', async () => {
    const outcomes = new Set<string>()
    let isOver = false
    const load = Array.from({ length: 4 }, async () => {
      while (!isOver) outcomes.add(await attempt(server, 'PLAIN', plain('lena', 'secret')))
    })
    expect(await attempt(server, 'PLAIN', plain('lena', 'secret'))).toBe('success')
    await slapd.stop()
    expect(await attempt(server, 'PLAIN', plain('lena', 'secret'))).toBe('temporary-auth-failure')
    expect(await attempt(server, 'PLAIN', plain('nobody', 'secret'))).toBe('temporary-auth-failure')
    await slapd.run()
    await expect.poll(() => attempt(server, 'PLAIN', plain('lena', 'secret')), { timeout: 10_000 }).toBe('success')
    isOver = true
    await Promise.all(load)
    expect([...outcomes].filter((outcome) => outcome !== 'success' && outcome !== 'temporary-auth-failure')).toEqual([])
  })
})
