import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workplace } from '../support/program.ts'

const base = `
[general]
hosts = ["localhost", "other.example"]
loglevel = "error"
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
[auth.password]
scram_iterations = 4096
[modules.mod_roster]
[acl]
boss = [{ user = "boss", server = "localhost" }]
[access]
bosses = [{ acl = "boss", value = "allow" }]
`
const guarded = `${base}
[general.mongooseimctl_access_commands.all]
commands = ["check_account"]
[general.mongooseimctl_access_commands.bosses]
commands = ["register_identified", "account.countUsers", "reload", "trace"]
argument_restrictions = { host = "localhost" }
[[host_config]]
host = "other.example"
[host_config.general.mongooseimctl_access_commands.all]
commands = "all"
`

let here: Workplace
const forbidden = /general\.mongooseimctl_access_commands does not allow/
const asBoss = ['--auth', 'boss', 'localhost', 'secret'] as const
const register = (name: string, host = 'localhost') => ['register_identified', name, host, 'secret'] as const

beforeAll(async () => {
  here = new Workplace()
  here.file('meerkat.toml', base)
  for (const name of ['boss', 'clerk']) expect(await here.run(...register(name))).toMatchObject({ code: 0 })
})
afterAll(() => here.close())

/** What holds on a running server and on a stopped one. */
function commands(newcomer: string): void {
  it('are for everybody where the rule all has them', async () => {
    expect(await here.run('check_account', 'boss', 'localhost')).toMatchObject({ code: 0 })
    expect(await here.run('account', 'checkUser', '--user', 'boss@localhost')).toMatchObject({ code: 0 })
    expect(await here.run(...register(newcomer))).toMatchObject({ code: 1, err: expect.stringMatching(forbidden) })
    const { code, out } = await here.run('account', 'countUsers', '--domain', 'localhost')
    expect([code, JSON.parse(out).errors[0].extensions.code]).toEqual([1, 'forbidden'])
  })

  it('are else for those who have signed in and whom a rule lets', async () => {
    expect(await here.run('--auth', 'boss', 'localhost', 'wrong', ...register(newcomer))).toMatchObject({
      ...{ code: 1, err: 'There is no such user, or the password is not right\n' },
    })
    expect(await here.run('--auth', 'nobody', 'elsewhere', 'secret', ...register(newcomer))).toMatchObject({ code: 1 })
    const asClerk = ['--auth', 'clerk', 'localhost', 'secret']
    expect((await here.run(...asClerk, ...register(newcomer))).err).toMatch(forbidden)
    expect(await here.run(...asBoss, ...register(newcomer))).toMatchObject({ code: 0 })
    expect(await here.run('--auth', 'boss')).toMatchObject({ code: 2 })
  })

  it('have the arguments that they must have', async () => {
    const count = ['account', 'countUsers', '--domain']
    expect((await here.run(...asBoss, ...count, 'localhost')).code).toBe(0)
    // A host may have rules of its own, and then they count for it.
    expect((await here.run(...count, 'other.example')).code).toBe(0)
    expect((await here.run(...register(newcomer, 'other.example'))).code).toBe(0)
  })
}

describe('commands that are guarded, on a stopped server', () => {
  beforeAll(() => void here.file('meerkat.toml', guarded))
  commands('carol')
})

describe('commands that are guarded, on a running server', () => {
  beforeAll(async () => {
    here.file('meerkat.toml', guarded)
    await here.serve()
  })
  commands('dave')

  it('are reload and trace, too, and those that name no domain must be allowed everywhere', async () => {
    expect(await here.run('reload')).toMatchObject({ code: 1, err: expect.stringMatching(forbidden) })
    // It has no host that could be as it must be.
    expect((await here.run(...asBoss, 'reload')).err).toMatch(forbidden)
    expect((await here.run('trace', 'boss@localhost')).err).toMatch(forbidden)
    expect((await here.run('get_loglevel')).err).toMatch(forbidden)
    // A call that reaches beyond it is not for its rules alone.
    const contact = ['--user', `dave@other.example`, '--contact', 'somebody@muc.localhost']
    const added = await here.run('roster', 'addContact', ...contact)
    expect(JSON.parse(added.out).errors[0].extensions.code).toBe('forbidden')
  })

  it('are not what a server is started and stopped with', async () => {
    expect(await here.run('status')).toMatchObject({ code: 0 })
    expect(await here.run('stop')).toMatchObject({ code: 0 })
  })
})
