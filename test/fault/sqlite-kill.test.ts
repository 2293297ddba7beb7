import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/storage/open.ts'

const program = fileURLToPath(new URL('../support/write-until-killed.mjs', import.meta.url))

/** Lets a process write, kills it once so many writes were acknowledged, and gives the acknowledged ids. */
function killAfter(file: string, writers: number, count: number): Promise<number[]> {
  const child = spawn(process.execPath, [program, file, String(writers)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  let lines = 0
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    output += text
    lines += text.split('\n').length - 1
    if (lines >= count) child.kill('SIGKILL')
  })
  return new Promise((resolve, reject) => {
    child.on('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(output.split('\n').slice(0, -1).map(Number))
      else reject(new Error('the writing process ended by itself'))
    })
  })
}

describe('a process killed while it writes', () => {
  let dir = ''
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'meerkat-kill-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('loses nothing that was acknowledged, and no half of a group', async () => {
    const file = join(dir, 'kill.db')
    const acknowledged = new Set<number>()
    for (const [writers, count] of [
      [1, 50],
      [50, 2000],
      [500, 20_000],
    ] as const) {
      for (const id of await killAfter(file, writers, count)) acknowledged.add(id)
      const db = (await openDatabase({ kind: 'sqlite', file })).of<{ row: { id: number }; twin: { id: number } }>()
      const rows = await db.q.selectFrom('row').select('id').execute()
      const twins = await db.q.selectFrom('twin').select('id').execute()
      await db.close()
      const found = new Set(rows.map((row) => row.id))
      expect([...acknowledged].filter((id) => !found.has(id))).toEqual([])
      expect(twins).toEqual(rows)
    }
    expect(acknowledged.size).toBeGreaterThan(22_000)
  })
})
