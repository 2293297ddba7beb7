import { existsSync, readFileSync, statSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultConfig } from '../../src/config/default-config.ts'
import { allModules } from '../../src/modules/all.ts'
import { productVersion } from '../../src/util/product.ts'
import { Client } from '../support/client.ts'
import { Workplace } from '../support/program.ts'

/** What the first start writes, on free ports and with keys that are quickly made. */
const config = `${defaultConfig(allModules.map(({ name }) => name)).replace(/^port = \d+$/gm, 'port = 0')}
[auth.password]
scram_iterations = 4096
`

let here: Workplace

beforeEach(() => {
  here = new Workplace()
})
afterEach(() => here.close())

describe('the first start', () => {
  it('writes a configuration where there is none, and goes by it', async () => {
    const first = here.begin('foreground')
    await first.says(`There was no configuration: wrote ${here.path('meerkat.toml')}`)
    // The usual ports may be taken on this machine; then it says so.
    await Promise.race([first.says('Next, make an account'), first.ended])
    first.kill('SIGTERM')
    const { code, err } = await first.ended
    if (code !== 0) expect(err).toMatch(/Meerkat cannot start: .*EADDRINUSE/)
    expect(readFileSync(here.path('meerkat.toml'), 'utf8')).toBe(defaultConfig(allModules.map(({ name }) => name)))
    expect(await here.run('config', 'check')).toEqual({
      code: 0,
      out: `${here.path('meerkat.toml')} is in order.\n`,
      err: '',
    })
  })

  it('does not write one that was named and is missing', async () => {
    const { code, err } = await here.run('foreground', '--config', 'other.toml')
    expect(code).toBe(1)
    expect(err).toContain('file_not_found')
    expect(existsSync(here.path('other.toml'))).toBe(false)
  })

  it('tells what listens, where things lie and what to type next', async () => {
    here.file('meerkat.toml', config)
    const server = await here.serve()
    const { port, tlsPort, wsUrl = '' } = server.address
    const http = new URL(wsUrl).port
    expect(server.output).toContain(`Meerkat ${productVersion} serves localhost\n`)
    expect(server.output).toMatch(new RegExp(`127\\.0\\.0\\.1:${port} +XMPP clients, STARTTLS\n`))
    expect(server.output).toMatch(new RegExp(`127\\.0\\.0\\.1:${tlsPort} +XMPP clients, direct TLS\n`))
    expect(server.output).toMatch(new RegExp(`127\\.0\\.0\\.1:${http} +HTTP: WebSocket /ws-xmpp, web chat /chat/`))
    expect(server.output).toMatch(/ configuration +meerkat\.toml\n +data +data\n/)
    expect(server.output).toMatch(new RegExp(` web chat +http://localhost:${http}/chat/\n`))
    expect(server.output).toContain(
      'npx meerkat account registerUser --domain localhost --username alice --password secret\n',
    )
    const chat = await fetch(`http://127.0.0.1:${http}/chat/`)
    expect(chat.status).toBe(200)
    expect(await chat.text()).toContain('converse')
  })

  it('keeps data for its owner only, and the accounts for the next start', async () => {
    here.file('meerkat.toml', config)
    const first = await here.serve()
    expect(statSync(here.path('data')).mode & 0o777).toBe(0o700)
    await here.data('account', 'registerUser', '--domain', 'localhost', '--username', 'alice', '--password', 'secret')
    const certificate = readFileSync(here.path('data/certificate.pem'), 'utf8')
    first.kill('SIGTERM')
    expect((await first.ended).code).toBe(0)
    const second = await here.serve()
    expect(readFileSync(here.path('data/certificate.pem'), 'utf8')).toBe(certificate)
    const alice = await Client.signIn(second.address, { local: 'alice', password: 'secret' }, 'desk')
    expect(alice.jid).toBe('alice@localhost/desk')
    await alice.leaves()
  })
})

describe('two servers', () => {
  it('do not share a data folder: the second says who has it', async () => {
    here.file('meerkat.toml', config)
    const first = await here.serve()
    const { code, out, err } = await here.run('foreground')
    expect({ code, out, err }).toEqual({
      code: 1,
      out: '',
      err: `Meerkat cannot start: ${here.path('data')} is in use by process ${first.pid}\n`,
    })
    expect(await here.run('start')).toEqual({
      code: 1,
      out: '',
      err: `Meerkat is running already (process ${first.pid}).\n`,
    })
    expect((await here.run('status')).code).toBe(0)
  })

  it('live beside each other with a configuration each', async () => {
    here.file('meerkat.toml', config)
    here.file('other.toml', config.replace('# data_dir = "data"', 'data_dir = "elsewhere"'))
    await here.serve()
    const other = await here.serve('--config', 'other.toml')
    expect(other.output).toContain('data                   elsewhere\n')
    expect(other.output).toContain('--password secret --config other.toml\n')
    await here.data(
      'account',
      'registerUser',
      '--domain',
      'localhost',
      '--username',
      'olga',
      '--password',
      'x',
      '--config',
      'other.toml',
    )
    expect(await here.data('account', 'listUsers', '--domain', 'localhost')).toEqual([])
    expect(await here.data('account', 'listUsers', '--domain', 'localhost', '--config', 'other.toml')).toEqual([
      'olga@localhost',
    ])
  })

  it('of which one was killed: the next one starts on what that left behind', async () => {
    here.file('meerkat.toml', config)
    const first = await here.serve()
    await here.data('account', 'registerUser', '--domain', 'localhost', '--username', 'alice', '--password', 'secret')
    first.kill('SIGKILL')
    await first.ended
    expect((await here.run('status')).code).toBe(3)
    await here.serve()
    expect(await here.data('account', 'listUsers', '--domain', 'localhost')).toEqual(['alice@localhost'])
  })
})

describe('start and stop', () => {
  it('start leaves a server in the background, stop ends it and waits for it', async () => {
    here.file('meerkat.toml', config)
    const log = here.path('data/log/meerkat.log')
    const started = await here.run('start')
    expect(started).toMatchObject({ code: 0, err: '' })
    const pid = Number(/^Meerkat is running \(process (\d+)\); its log is (.+)\n$/.exec(started.out)?.[1])
    try {
      expect(started.out).toContain(log)
      expect((await here.run('started')).code).toBe(0)
      const status = await here.run('status')
      expect(status.code).toBe(0)
      expect(status.out).toContain(`Process:         ${pid}\n`)
      expect(status.out).toContain('Boot status:     started\n')
      expect(status.out).toContain(`Version:         ${productVersion}\n`)
      expect(await here.run('stop')).toEqual({ code: 0, out: 'Meerkat has stopped.\n', err: '' })
      expect(isAlive(pid)).toBe(false)
      expect(readFileSync(log, 'utf8')).toContain('what=node_stopped')
    } finally {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    }
    expect((await here.run('stopped')).code).toBe(0)
  })

  it('start says why a server did not start', async () => {
    here.file('meerkat.toml', config)
    const { address } = await here.serve()
    here.file(
      'taken.toml',
      `[general]\nhosts = ["localhost"]\ndata_dir = "taken"\n[[listen.c2s]]\nport = ${address.port}\nip_address = "127.0.0.1"\n`,
    )
    const { code, err } = await here.run('start', '--config', 'taken.toml')
    expect(code).toBe(1)
    expect(err).toMatch(/Meerkat cannot start: .*EADDRINUSE/)
    expect(err).toMatch(/Meerkat did not start \(exit code 1\); see .*taken\/meerkat\.log\n$/)
  })

  it('a signal ends streams with system-shutdown', async () => {
    here.file('meerkat.toml', config)
    const server = await here.serve()
    await here.data('account', 'registerUser', '--domain', 'localhost', '--username', 'alice', '--password', 'secret')
    const alice = await Client.signIn(server.address, { local: 'alice', password: 'secret' }, 'desk')
    server.kill('SIGINT')
    await alice.receivesStreamError('system-shutdown')
    expect((await server.ended).code).toBe(0)
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
