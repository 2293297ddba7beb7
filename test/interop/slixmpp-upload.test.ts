import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { LineProgram } from '../support/events.ts'
import { type OwnServer, ownServer } from '../support/own-server.ts'
import { S3Store } from '../support/s3-store.ts'
import { suiteNeeding } from '../support/services.ts'
import { uploadServer } from '../support/upload-server.ts'

const script = fileURLToPath(new URL('clients/slixmpp_upload.py', import.meta.url))

suiteNeeding(['/usr/bin/python3'], 'slixmpp uploads a file', () => {
  let store: S3Store
  let program: LineProgram | undefined
  beforeAll(async () => {
    store = await S3Store.start()
  })
  afterAll(() => store.stop())
  afterEach(() => program?.stop())
  const size = 'max_file_size = 10_240\n'
  const remote = ownServer(() => `[modules.mod_http_upload]\n${size}${store.table}`)
  const local = uploadServer()

  async function uploads({ server }: OwnServer): Promise<LineProgram> {
    await server.registerUser('alice', 'secret')
    const { host, port } = server
    program = new LineProgram('/usr/bin/python3', [script, 'alice@localhost', 'secret', host, String(port)])
    return program
  }

  async function mustHaveCome(url: unknown): Promise<void> {
    const got = await fetch(String(url))
    expect([got.status, got.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
    expect(Buffer.from(await got.arrayBuffer())).toEqual(Buffer.alloc(10_240, Buffer.from([...Array(256).keys()])))
    expect(String(url)).toMatch(/\/tr%C3%A8s%20cool\.jpg$/)
  }

  it('to a store of S3, and not one that is too large', async () => {
    const alice = await uploads(remote)
    await mustHaveCome((await alice.when('uploaded')).url)
    await alice.when('too big', { size: 20_000, most: 10_240 })
  }, 60_000)

  it('to the server itself', async () => {
    await mustHaveCome((await (await uploads(local)).when('uploaded')).url)
  }, 60_000)
})
