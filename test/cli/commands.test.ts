import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { defaultConfig } from '../../src/config/default-config.ts'
import { allModules } from '../../src/modules/all.ts'
import { productVersion } from '../../src/util/product.ts'
import { Client } from '../support/client.ts'
import { type RunningProgram, Workplace } from '../support/program.ts'

const config = `${defaultConfig(allModules.map(({ name }) => name)).replace(/^port = \d+$/gm, 'port = 0')}
[auth.password]
scram_iterations = 4096
`

/** A hundred users, and some records that are none. */
const users = Array.from({ length: 100 }, (_, index) => `user${String(index).padStart(3, '0')}`)
const csv = `${users.map((name) => `${name},localhost,secret-${name}`).join('\n')}
alice,localhost,other
a b,localhost,secret
nobody,elsewhere.example,secret
empty,localhost,
only,two
"quoted","localhost","with, comma"
`

let here: Workplace
const user = (name: string) => ['--user', `${name}@localhost`]
const domain = ['--domain', 'localhost']

/** What the account commands do, the same on a running server and on a stopped one. */
function accountCommands(): void {
  it('registerUser makes an account, once', async () => {
    const register = ['account', 'registerUser', ...domain, '--username', 'alice', '--password', 'secret']
    const made = await here.run(...register)
    expect(made).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(made.out)).toEqual({
      data: {
        account: { registerUser: { jid: 'alice@localhost', message: 'User alice@localhost successfully registered' } },
      },
    })
    const again = await here.run(...register)
    expect(again).toMatchObject({ code: 1, err: '' })
    expect(JSON.parse(again.out)).toEqual({
      errors: [
        {
          message: 'User alice@localhost already registered',
          path: ['account', 'registerUser'],
          extensions: { code: 'exists', jid: 'alice@localhost' },
        },
      ],
      data: { account: { registerUser: null } },
    })
  })

  it('importUsers takes a file of users, shows how far it is and tells what it left out', async () => {
    here.file('users.csv', csv)
    const { code, out, err } = await here.run('account', 'importUsers', '--filename', 'users.csv')
    expect(code).toBe(0)
    const { created, ...others } = JSON.parse(out).data.account.importUsers
    expect(created).toEqual([...users, 'quoted'].map((name) => `${name}@localhost`))
    expect(others).toEqual({
      status: 'Completed',
      existing: ['alice@localhost'],
      notAllowed: ['nobody@elsewhere.example'],
      invalidJID: ['a b,localhost'],
      emptyPassword: ['empty@localhost'],
      invalidRecord: ['only,two'],
    })
    expect(err).toContain('106 of 106 (100 %)\n')
  })

  it('listUsers and countUsers tell who there is', async () => {
    expect(await here.data('account', 'countUsers', ...domain)).toBe(102)
    const names = await here.data('account', 'listUsers', ...domain)
    expect(names).toEqual(['alice', 'quoted', ...users].map((name) => `${name}@localhost`))
    const some = await here.data('account', 'listUsers', ...domain, '--index', '2', '--limit', '2')
    expect(some).toEqual(['user000@localhost', 'user001@localhost'])
  })

  it('checkPassword and changeUserPassword go by the stored keys', async () => {
    const check = async (name: string, password: string) =>
      here.data('account', 'checkPassword', ...user(name), '--password', password)
    expect(await check('user007', 'secret-user007')).toEqual({ correct: true, message: 'Password is correct' })
    expect(await check('quoted', 'with, comma')).toEqual({ correct: true, message: 'Password is correct' })
    const changed = await here.data('account', 'changeUserPassword', ...user('user007'), '--newPassword', '--new')
    expect(changed).toEqual({ jid: 'user007@localhost', message: 'Password changed' })
    expect(await check('user007', 'secret-user007')).toEqual({ correct: false, message: 'Password is incorrect' })
    expect(await check('user007', '--new')).toEqual({ correct: true, message: 'Password is correct' })
  })

  it('removeUser removes an account, once', async () => {
    const removed = await here.data('account', 'removeUser', ...user('user099'))
    expect(removed).toEqual({ jid: 'user099@localhost', message: 'User user099@localhost successfully unregistered' })
    const { code, out } = await here.run('account', 'removeUser', ...user('user099'))
    expect(code).toBe(1)
    expect(JSON.parse(out).errors[0].extensions.code).toBe('user_does_not_exist')
    expect(await here.data('account', 'checkUser', ...user('user099'))).toMatchObject({ exist: false })
  })

  it('what is missing is told', async () => {
    const { code, out } = await here.run('account', 'importUsers', '--filename', 'none.csv')
    expect(code).toBe(1)
    expect(JSON.parse(out).errors[0]).toMatchObject({
      message: 'File not found',
      extensions: { code: 'file_not_found', filename: here.path('none.csv') },
    })
    const elsewhere = await here.run('account', 'listUsers', '--domain', 'elsewhere.example')
    expect(elsewhere.code).toBe(1)
    expect(JSON.parse(elsewhere.out).errors[0].extensions).toEqual({
      code: 'domain_not_found',
      domain: 'elsewhere.example',
    })
  })
}

describe('a running server', () => {
  let server: RunningProgram

  beforeAll(async () => {
    here = new Workplace()
    here.file('meerkat.toml', config)
    server = await here.serve()
  })
  afterAll(() => here.close())

  accountCommands()

  it('an imported account signs in at once, a changed password counts at once', async () => {
    const first = await Client.signIn(server.address, { local: 'user000', password: 'secret-user000' }, 'desk')
    const second = await Client.signIn(server.address, { local: 'user007', password: '--new' }, 'desk')
    await first.leaves()
    await second.leaves()
  })

  it('sessions are listed and ended, and removing an account ends its sessions', async () => {
    const phone = await Client.signIn(server.address, { local: 'user001', password: 'secret-user001' }, 'phone')
    const laptop = await Client.signIn(server.address, { local: 'user001', password: 'secret-user001' }, 'laptop')
    await phone.isPresent(5)
    const sessions = (await here.data('session', 'listSessions')) as { user: string; priority: number | null }[]
    expect(sessions.map((session) => session.user).sort()).toEqual([
      'user001@localhost/laptop',
      'user001@localhost/phone',
    ])
    expect(sessions.find((session) => session.user.endsWith('phone'))).toMatchObject({
      connection: 'c2s_tls',
      priority: 5,
    })
    await here.data('session', 'kickUserSession', '--user', 'user001@localhost/laptop', '--reason', 'test')
    await laptop.receivesStreamError('conflict')
    await here.data('account', 'removeUser', ...user('user001'))
    await phone.receivesStreamError('not-authorized')
    expect(await here.data('session', 'listSessions')).toEqual([])
  })

  it('tells its status and its log level', async () => {
    expect(await here.data('server', 'status')).toMatchObject({ statusCode: 'RUNNING', version: productVersion })
    expect(await here.data('server', 'setLoglevel', '--level', 'warning')).toBe('Log level is WARNING')
    expect(await here.data('server', 'getLoglevel')).toBe('WARNING')
  })
})

describe('a stopped server', () => {
  beforeAll(() => {
    here = new Workplace()
    here.file('meerkat.toml', config)
  })
  afterAll(() => here.close())

  accountCommands()

  it('cannot do what needs a running one', async () => {
    for (const words of [
      ['session', 'listSessions'],
      ['server', 'status'],
    ]) {
      const { code, out, err } = await here.run(...words)
      expect({ code, out }).toEqual({ code: 3, out: '' })
      expect(err).toBe(`The server is not running, and ${words.join(' ')} needs it.\n`)
    }
    for (const word of ['status', 'stop']) {
      expect(await here.run(word)).toEqual({ code: 3, out: '', err: 'Meerkat is not running.\n' })
    }
    expect((await here.run('started', '--timeout', '0')).code).toBe(1)
  })
})

describe('a command line', () => {
  beforeEach(() => {
    here = new Workplace()
  })
  afterEach(() => here.close())

  it('has help at every level', async () => {
    const program = await here.run('--help')
    expect(program).toMatchObject({ code: 0, err: '' })
    for (const word of ['start', 'stop', 'status', 'config check [FILE]', 'account', 'session', '--config FILE']) {
      expect(program.out).toContain(word)
    }
    const category = await here.run('account', '--help')
    expect(category.code).toBe(0)
    expect(category.out).toMatch(/registerUser +Registers a user\.\n/)
    expect(await here.run('account')).toEqual(category)
    const command = await here.run('account', 'registerUser', '--help')
    expect(command.code).toBe(0)
    expect(command.out).toContain(
      'Usage: meerkat account registerUser --domain VALUE [--username VALUE] --password VALUE\n',
    )
    expect(command.out).toContain('Works on a stopped server too.\n')
    const basic = await here.run('stop', '--help')
    expect(basic).toEqual({
      code: 0,
      out: 'Usage: meerkat stop\n\nStops the server in good order and waits for its end.\n',
      err: '',
    })
    expect(await here.run('--version')).toEqual({ code: 0, out: `${productVersion}\n`, err: '' })
  })

  it('ends with 2 when it is wrong, and says what is', async () => {
    const wrong: [string[], string][] = [
      [['acount', 'listUsers'], 'There is no command or category acount. Did you mean account?'],
      [['account', 'listUser'], 'There is no command listUser in account.'],
      [['account', 'listUsers'], 'Missing argument: --domain\n'],
      [['account', 'listUsers', ...domain, '--colour', 'red'], 'Unknown argument: --colour\n'],
      [['account', 'listUsers', ...domain, '--limit', 'many'], 'limit'],
      [['account', 'listUsers', '--domain'], '--domain needs a value.'],
      [['status', 'now'], 'What is "now"?'],
    ]
    for (const [words, message] of wrong) {
      const { code, out, err } = await here.run(...words)
      expect({ words, code, out }).toEqual({ words, code: 2, out: '' })
      expect(err).toContain(message)
    }
  })

  it('config check tells everything that is wrong, with file and line, before anything listens', async () => {
    here.file('good.toml', config)
    expect(await here.run('config', 'check', 'good.toml')).toEqual({
      code: 0,
      out: `${here.path('good.toml')} is in order.\n`,
      err: '',
    })
    expect(await here.run('config', 'check')).toEqual({
      code: 0,
      out: 'The built-in configuration is in order.\n',
      err: '',
    })
    const file = here.file(
      'bad.toml',
      `[general]
hosts = ["localhost"]
loglevl = "info"

[[listen.c2s]]
port = 70000

[modules.mod_rooster]
`,
    )
    const report = `${file}:3: unexpected_key: general.loglevl
    "loglevl" is not known in general.
    hint: did you mean "loglevel"?
${file}:6: out_of_range: listen.c2s[0].port
    Expected at most 65535.
    value: 70000
${file}:8: unexpected_key: modules.mod_rooster
    "mod_rooster" is not known in modules.
    hint: did you mean "mod_roster"?
3 errors in the configuration
`
    const checked = await here.run('config', 'check', 'bad.toml')
    expect(checked).toEqual({ code: 1, out: '', err: report })
    expect(await here.run('foreground', '--config', 'bad.toml')).toEqual(checked)
  })
})
