import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultConfig } from '../../src/config/default-config.ts'
import { allModules } from '../../src/modules/all.ts'
import { execute } from '../support/adhoc.ts'
import { Client } from '../support/client.ts'
import { enable, handled, nextBody, resume, unbound } from '../support/managed.ts'
import { type RunningProgram, Workplace } from '../support/program.ts'

const stock = defaultConfig(allModules.map(({ name }) => name)).replace(/^port = \d+$/gm, 'port = 0')
const config = `${stock}
[auth.password]
scram_iterations = 4096
[[acl.admin]]
user = "root"
[modules.mod_service_admin]
[modules.mod_announce]
`
/** With what a restart is known by. */
const changed = config.replace(/^\[general\]$/m, '[general]\nlanguage = "de"')
const broken = config.replace(/^\[general\]$/m, '[general]\nlanguages = "de"')
const restartNode = 'http://jabber.org/protocol/admin#restart'

let here: Workplace
beforeEach(() => {
  here = new Workplace()
  here.file('meerkat.toml', config)
})
afterEach(() => here.close())

const signIn = (server: RunningProgram, local: string) =>
  Client.signIn(server.address, { local, password: 'secret' }, 'desk')
const register = (name: string) => here.run('register_identified', name, 'localhost', 'secret')
/** The configuration that the running server goes by. */
const language = async () => {
  const { out } = await here.run('reload', '--dry-run')
  return out.includes('general.language') ? 'en' : 'de'
}
const processOf = async () => Number(/^Process: +(\d+)$/m.exec((await here.run('status')).out)?.[1])

describe('restart of a server that runs at a terminal or as a service', () => {
  it('reads the configuration anew in the same process; streams are resumed with what came meanwhile', async () => {
    const server = await here.serve()
    for (const name of ['alice', 'bob']) await register(name)
    const [alice, bob] = [await signIn(server, 'alice'), await signIn(server, 'bob')]
    const id = await enable(alice)
    alice.sends('<presence/>')
    expect(await handled(alice)).toBe(1)
    bob.sends(`<message to='alice@localhost' type='chat'><body>not acknowledged</body></message>`)
    await bob.isHeard()
    here.file('meerkat.toml', changed)
    expect(await language()).toBe('en')
    expect(await here.run('restart')).toEqual({
      code: 0,
      out: `Meerkat has started again (process ${server.pid}).\n`,
      err: '',
    })
    await alice.finds(`<error xmlns='http://etherx.jabber.org/streams'>{any}</error>`)
    expect(await language()).toBe('de')
    expect(await processOf()).toBe(server.pid)
    const again = await unbound({ server: server.address }, { local: 'alice', password: 'secret' })
    expect(await resume(again, id, 0)).toBe(1)
    expect(await nextBody(again)).toBe('not acknowledged')
    again.destroy()
    server.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
  })

  it('tells what is wrong with the configuration before anything stops', async () => {
    const server = await here.serve()
    await register('alice')
    const alice = await signIn(server, 'alice')
    here.file('meerkat.toml', broken)
    const refused = await here.run('server', 'restart')
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.out).errors[0]).toMatchObject({
      message: expect.stringMatching(
        /meerkat\.toml:\d+: unexpected_key: general\.languages[\s\S]*The server goes on as it is\.$/,
      ),
      extensions: { code: 'invalid_configuration' },
    })
    expect(await here.run('restart')).toMatchObject({ code: 1, err: expect.stringContaining('general.languages') })
    expect(await here.run('server', 'checkRestart')).toMatchObject({ code: 1 })
    await alice.isHeard()
  })

  it('does not stop for a port that somebody else has', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const server = await here.serve()
    here.file('meerkat.toml', config.replace('port = 0', `port = ${address.port}`))
    expect(await here.run('restart')).toMatchObject({ code: 1, err: expect.stringContaining('EADDRINUSE') })
    // A number that the server itself has open, at another address, is free after the stop.
    const { port } = server.address
    here.file('meerkat.toml', config.replace('port = 0', `port = ${port}`).replace('127.0.0.1', '127.0.0.2'))
    expect(await here.run('restart')).toMatchObject({ code: 0 })
    expect(server.output).toContain(`127.0.0.2:${port} `)
    await new Promise((resolve) => taken.close(resolve))
  })

  it('XEP-0133 §4.30 is what administrators may ask for in their client, and are told of errors', async () => {
    const server = await here.serve()
    await register('root')
    const root = await signIn(server, 'root')
    await root.isPresent()
    const fields = { delay: '0', announcement: 'Back in a moment' }
    here.file('meerkat.toml', broken)
    await execute(root, restartNode, undefined, { to: 'localhost', refused: 'not-acceptable' })
    here.file('meerkat.toml', changed)
    const answer = await execute(root, restartNode, fields, { to: 'localhost' })
    expect(answer.attr('status')).toBe('completed')
    await root.finds(`<message type='headline' from='localhost'><body>Back in a moment</body>{any}</message>`)
    await root.finds(`<error xmlns='http://etherx.jabber.org/streams'>{any}</error>`)
    await server.says('Next, make an account', 2)
    expect(await language()).toBe('de')
    expect(await processOf()).toBe(server.pid)
  })

  it('a signal and a stop end it, also between the two', async () => {
    const server = await here.serve()
    expect(await here.run('server', 'restart')).toMatchObject({ code: 0 })
    server.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
  })
})

describe('restart of a server in the background', () => {
  it('is another process, so that an update of the program runs; with errors the old one goes on', async () => {
    expect(await here.run('start')).toMatchObject({ code: 0 })
    try {
      const before = await processOf()
      here.file('meerkat.toml', broken)
      const refused = await here.run('restart')
      expect(refused).toMatchObject({ code: 1, out: '' })
      expect(refused.err).toMatch(/general\.languages[\s\S]*Meerkat goes on as it is\.\n$/)
      expect(await processOf()).toBe(before)
      here.file('meerkat.toml', changed)
      const { code, out } = await here.run('restart')
      expect(code).toBe(0)
      expect(out).toMatch(/^Meerkat has stopped\.\nMeerkat is running \(process \d+\)/)
      const after = await processOf()
      expect(after).not.toBe(before)
      // By its own command it stays the process that it is.
      expect(await here.run('server', 'restart')).toMatchObject({ code: 0 })
      expect(await here.run('started')).toMatchObject({ code: 0 })
      expect(await processOf()).toBe(after)
    } finally {
      await here.run('started')
      await here.run('stop')
    }
  })
})
