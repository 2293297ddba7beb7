import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DATA_VERSION, lockDataFolder } from './data-folder.ts'

describe('the data folder', () => {
  let parent = ''
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'meerkat-folder-'))
  })
  afterEach(() => rmSync(parent, { recursive: true, force: true }))

  it('is made for its owner only, and says who has it and how it is laid out', async () => {
    const dir = join(parent, 'a', 'data')
    const lock = await lockDataFolder(dir)
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    expect(readFileSync(join(dir, 'meerkat.pid'), 'utf8')).toBe(`${process.pid}\n`)
    expect(readFileSync(join(dir, 'meerkat.version'), 'utf8')).toBe(`${DATA_VERSION}\n`)
    await lock.release()
    await lock.release()
    expect(existsSync(join(dir, 'meerkat.pid'))).toBe(false)
  })

  it('has one user at a time, who is named', async () => {
    const lock = await lockDataFolder(parent)
    await expect(lockDataFolder(parent)).rejects.toMatchObject({ problem: 'in-use', pid: process.pid })
    await lock.release()
    await (await lockDataFolder(parent)).release()
  })

  it('goes to exactly one of many that ask at once', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataFolder(parent)))
    const got = asked.filter((result) => result.status === 'fulfilled')
    expect(got).toHaveLength(1)
    await got[0]?.value.release()
  })

  it('is free although a process that was killed left its number', async () => {
    writeFileSync(join(parent, 'meerkat.pid'), '1\n')
    writeFileSync(join(parent, 'meerkat.lock'), '')
    await (await lockDataFolder(parent)).release()
  })

  it('of a newer version is refused, and not kept', async () => {
    writeFileSync(join(parent, 'meerkat.version'), `${DATA_VERSION + 1}\n`)
    await expect(lockDataFolder(parent)).rejects.toMatchObject({ problem: 'newer' })
    writeFileSync(join(parent, 'meerkat.version'), `${DATA_VERSION}\n`)
    await (await lockDataFolder(parent)).release()
  })

  it('that is open to others is narrowed while empty and refused when not', async () => {
    const dir = join(parent, 'data')
    mkdirSync(dir)
    chmodSync(dir, 0o777)
    await (await lockDataFolder(dir)).release()
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    chmodSync(dir, 0o755)
    await expect(lockDataFolder(dir)).rejects.toMatchObject({ problem: 'open-to-others' })
    chmodSync(dir, 0o750)
    await (await lockDataFolder(dir)).release()
  })

  it('that is a file cannot be used', async () => {
    writeFileSync(join(parent, 'file'), '')
    await expect(lockDataFolder(join(parent, 'file'))).rejects.toMatchObject({ problem: 'unusable' })
  })
})
