import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BlobFolder, FolderFull } from '../../src/storage/blob-folder.ts'

let place = ''
let folder: BlobFolder
beforeEach(async () => {
  place = join(await mkdtemp(join(tmpdir(), 'meerkat-blobs-')), 'files')
  folder = await BlobFolder.open(place)
})
afterEach(() => rm(join(place, '..'), { recursive: true, force: true }))

async function* parts(...texts: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    if (text instanceof Error) throw text
    yield Buffer.from(text)
  }
}

async function read(name: string, range?: { start: number; end: number }): Promise<string | undefined> {
  const bytes = await folder.read(name, range)
  return bytes === undefined ? undefined : Buffer.concat(await bytes.toArray()).toString()
}

/** Every file there is. */
async function files(): Promise<string[]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

describe('a folder of files', () => {
  it('gives a file, or a part of it, as it was put there, to its owner alone', async () => {
    await folder.put('ab12', parts('one', ' ', 'two'))
    expect(await read('ab12')).toBe('one two')
    expect(await read('ab12', { start: 4, end: 5 })).toBe('tw')
    expect((await stat(join(place, 'ab', 'ab12'))).mode & 0o077).toBe(0)
    expect((await stat(place)).mode & 0o077).toBe(0)
    await folder.put('ab13', parts())
    expect(await read('ab13')).toBe('')
    await folder.remove('ab12')
    await folder.remove('ab12')
    expect(await read('ab12')).toBeUndefined()
    expect(await files()).toEqual(['ab13'])
  })

  it('has nothing of a file that breaks off', async () => {
    await expect(folder.put('ab12', parts('one', new Error('gone')))).rejects.toThrow('gone')
    expect(await files()).toEqual([])
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    await expect(folder.put('ab12', parts('one', full))).rejects.toBeInstanceOf(FolderFull)
    expect(await files()).toEqual([])
  })

  it('removes what was never finished, once it is old', async () => {
    const left = join(place, 'unfinished', 'ab12-x')
    await writeFile(left, 'half')
    await folder.removeUnfinished(Date.now() - 60_000)
    expect(await files()).toEqual(['ab12-x'])
    const old = new Date(Date.now() - 120_000)
    await utimes(left, old, old)
    await folder.removeUnfinished(Date.now() - 60_000)
    expect(await files()).toEqual([])
  })
})
