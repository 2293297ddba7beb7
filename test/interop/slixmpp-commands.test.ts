import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { LineProgram } from '../support/events.ts'
import { ownServer } from '../support/own-server.ts'
import { suiteNeeding } from '../support/services.ts'

const script = fileURLToPath(new URL('clients/slixmpp_commands.py', import.meta.url))

suiteNeeding(['/usr/bin/python3'], 'slixmpp as an administrator', () => {
  const own = ownServer('[[acl.admin]]\nuser = "root"\n[modules.mod_service_admin]\n')
  let program: LineProgram | undefined
  afterEach(() => program?.stop())

  async function start(name: string): Promise<LineProgram> {
    const { server } = own
    await server.registerUser(name, 'secret')
    const { host, port } = server
    program = new LineProgram('/usr/bin/python3', [script, `${name}@localhost`, 'secret', host, String(port)])
    return program
  }

  it('finds the commands, runs one at once and one with a form', async () => {
    const root = await start('root')
    const { nodes } = await root.when('commands')
    expect(nodes).toEqual(expect.arrayContaining(['ping', 'http://jabber.org/protocol/admin#add-user']))
    expect(await root.when('ping')).toMatchObject({ status: 'completed', notes: ['Pong'] })
    const { fields } = await root.when('asked')
    expect(fields).toEqual(expect.arrayContaining(['accountjid', 'password', 'password-verify']))
    expect((await root.when('added')).notes).toEqual(['User newcomer@localhost successfully registered'])
    const { values } = await root.when('count')
    expect(values).toMatchObject({ registeredusersnum: '2' })
  }, 60_000)

  it('is told that others may not', async () => {
    await (await start('mallory')).when('failed', { condition: 'forbidden' })
  }, 60_000)
})
