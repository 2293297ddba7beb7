import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { lockDataFolder } from '../../src/storage/data-folder.ts'

const program = fileURLToPath(new URL('../support/hold-data-folder.mjs', import.meta.url))

it('a data folder belongs to one process, is free as soon as that is killed, and goes to one successor', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'meerkat-held-'))
  const child = spawn(process.execPath, [program, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  await expect(lockDataFolder(dir)).rejects.toMatchObject({ problem: 'in-use', pid: child.pid })
  child.kill('SIGKILL')
  await once(child, 'exit')
  const tries = await Promise.allSettled(Array.from({ length: 10 }, () => lockDataFolder(dir)))
  const [lock, ...others] = tries.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  expect(others).toEqual([])
  await lock?.release()
  rmSync(dir, { recursive: true, force: true })
})
