import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectControl, controlSocketPath } from '../../src/net/control-socket.ts'
import { ServerFolder } from '../support/child-server.ts'
import { PlainClient } from '../support/plain-client.ts'
import { plainSettings } from '../support/plain-server.ts'
import { startTestServer } from '../support/server.ts'

const settings = plainSettings({ more: '[modules.mod_broadcast]' })
const users = Array.from({ length: 40 }, (_, i) => `user${String(i).padStart(2, '0')}`)
let folder: ServerFolder

beforeAll(async () => {
  folder = new ServerFolder(settings)
  const server = await startTestServer({ config: settings, folder: folder.path })
  for (const name of users) await server.registerUser(name, name)
  await server.stop()
})
afterAll(() => folder.remove())

/** Gives a command to the server that runs in the folder. */
async function command<T>(name: string, input: object): Promise<T> {
  const client = await connectControl(controlSocketPath(join(folder.path, 'data')))
  const answer = await client.ask({ command: name, input })
  client.close()
  if (!('result' in answer)) throw new Error(JSON.stringify(answer))
  return answer.result as T
}

describe('a broadcast, when the server is killed in the middle of it', () => {
  it('comes to everybody, again with the same ids to those of one batch', { timeout: 60_000 }, async () => {
    const first = await folder.start()
    const watcher = await PlainClient.signIn(first.port, 'user20', 'pc')
    watcher.says('<presence/>')
    await watcher.hears('<presence')
    const { ids } = await command<{ ids: number[] }>('broadcast.startBroadcast', {
      ...{ name: 'n', domain: 'localhost', messageSubject: '', messageBody: 'Hi', senderJid: 'user00@localhost' },
      ...{ messageRate: 40, recipientGroup: 'ALL_USERS_IN_DOMAIN' },
    })
    await watcher.hears('<body>Hi</body>')
    first.kill('SIGKILL')
    await first.exited
    const second = await folder.start()
    const job = { domain: 'localhost', id: ids[0] }
    let state = ''
    while (state !== 'FINISHED') {
      state = (await command<{ executionState: string }>('broadcast.getBroadcast', job)).executionState
      expect(['RUNNING', 'FINISHED']).toContain(state)
    }
    for (const name of users) {
      const client = await PlainClient.signIn(second.port, name, 'pc')
      client.says('<presence/>')
      await client.hears('<body>Hi</body>')
      await client.asks('all')
      const found = [...client.received.matchAll(/<message ([^>]*)>.*?<body>Hi</gs)].map(
        ([, head]) => / id='([^']*)'/.exec(` ${head}`)?.[1],
      )
      expect([1, 2]).toContain(found.length)
      expect(new Set(found).size).toBe(1)
      client.leaves()
    }
    second.kill('SIGTERM')
    await second.exited
  })
})
