import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client } from '../support/client.ts'
import { baseConfig } from '../support/own-server.ts'
import { type RunningProgram, Workplace } from '../support/program.ts'
import { freePorts } from '../support/services.ts'
import { filesIn, put, slotFor } from '../support/uploads.ts'

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0
if (!hasPrlimit && process.env.CI === 'true') throw new Error('prlimit is missing: install util-linux')

describe.skipIf(!hasPrlimit)('a disk that takes no more of a file (needs prlimit of util-linux)', () => {
  let here: Workplace
  let server: RunningProgram

  beforeAll(async () => {
    here = new Workplace()
    const [port = 0] = await freePorts(1)
    here.file(
      'meerkat.toml',
      `${baseConfig}
[[listen.http]]
port = ${port}
ip_address = "127.0.0.1"
[[listen.http.handlers.upload_handler]]
path = "/upload"
[modules.mod_http_upload]
backend = "file"
[modules.mod_http_upload.file]
url = "http://127.0.0.1:${port}/upload"
directory = ${JSON.stringify(here.path('files'))}
`,
    )
    server = await here.serve()
    await here.run('register_identified', 'alice', 'localhost', 'secret')
  }, 60_000)
  afterAll(() => here.close())

  /** Lets no file of the server grow beyond so many bytes. */
  const limit = (bytes: number | 'unlimited') =>
    spawnSync('prlimit', ['--pid', String(server.pid), `--fsize=${bytes}:unlimited`])

  it('507: leaves nothing of it, and takes it once there is room', async () => {
    const alice = await Client.signIn(server.address, { local: 'alice', password: 'secret' }, 'desk')
    const bytes = Buffer.alloc(9_000_000, 'x')
    const slot = await slotFor(alice, { name: 'a', size: bytes.length })
    limit(8_000_000)
    // Some of the bytes are still on their way when the answer comes: the connection may break before it is read.
    const status = await put(slot.put, bytes).catch(() => 507)
    expect(status).toBe(507)
    await server.says('upload_folder_full')
    expect(await filesIn(here.path('files'))).toEqual([])
    expect((await fetch(slot.get)).status).toBe(404)
    limit('unlimited')
    expect(await put(slot.put, bytes)).toBe(201)
    expect((await fetch(slot.get, { method: 'HEAD' })).headers.get('content-length')).toBe('9000000')
    alice.destroy()
  })
})
