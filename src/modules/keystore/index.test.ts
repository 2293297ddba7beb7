import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LocalCluster } from '../../cluster/cluster.ts'
import { MemoryLog } from '../../observe/memory-log.ts'
import type { KeystoreApi } from './api.ts'
import keystore from './index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meerkat-keys-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function start(options: unknown): Promise<{ keys: KeystoreApi; log: MemoryLog }> {
  let keys: KeystoreApi | undefined
  const log = new MemoryLog()
  const provide = (_api: unknown, given: unknown) => {
    keys = given as KeystoreApi
  }
  const host = { type: 'localhost', cluster: new LocalCluster('a@b', '0') }
  const context = { host, options: keystore.options.parse(options), log, provide } as unknown as Parameters<
    typeof keystore.setup
  >[0]
  await keystore.setup(context)
  if (keys === undefined) throw new Error('nothing was provided')
  return { keys, log }
}

describe('the keystore', () => {
  it('reads a file byte for byte', async () => {
    const path = join(folder, 'key')
    await writeFile(path, Buffer.from([0, 255, 10, 13, 10]))
    const { keys } = await start({ keys: [{ name: 'a', type: 'file', path }] })
    expect([...(keys.get('a')?.secret ?? [])]).toEqual([0, 255, 10, 13, 10])
    expect(keys.get('b')).toBeUndefined()
  })

  it('makes keys of the size asked for, each another', async () => {
    const options = { ram_key_size: 100, keys: ['a', 'b'].map((name) => ({ name, type: 'ram' })) }
    const [one, two] = [await start(options), await start(options)]
    const all = [one, two].flatMap(({ keys }) =>
      [keys.get('a'), keys.get('b')].map((key) => key?.secret.toString('hex')),
    )
    expect(all.map((key) => key?.length)).toEqual([200, 200, 200, 200])
    expect(new Set(all).size).toBe(4)
    expect((await start({ keys: [{ name: 'a', type: 'ram' }] })).keys.get('a')?.secret.length).toBe(2048)
  })

  it('names the key and the file that it cannot read', async () => {
    const path = join(folder, 'missing')
    await expect(start({ keys: [{ name: 'token_secret', type: 'file', path }] })).rejects.toThrow(
      `The key token_secret of mod_keystore cannot be read from ${path}`,
    )
  })

  it('tells of keys without bytes', async () => {
    const { log } = await start({ ram_key_size: 0, keys: [{ name: 'a', type: 'ram' }] })
    expect(JSON.stringify(log)).toContain('empty_key')
  })
})
