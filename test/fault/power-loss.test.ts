import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { numbers } from '../fuzz/mutate.ts'
import { ServerFolder } from '../support/child-server.ts'
import { Crowd, crowdModules, registerCrowd } from '../support/crowd.ts'
import { figures } from '../support/figures.ts'
import { plainSettings } from '../support/plain-server.ts'

const rounds = Number(process.env.POWER_CUTS ?? 4)
const below = numbers(23)
const hasCompiler = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0
if (!hasCompiler && process.env.CI === 'true') throw new Error('cc is missing: install gcc and libc6-dev')
const database = 'meerkat.sqlite'

let folder: ServerFolder
/** What is left when the power is cut. */
let synchronised = ''
let library = ''

beforeAll(() => {
  if (!hasCompiler) return
  folder = new ServerFolder(plainSettings({ more: crowdModules, c2s: 'access = "all"' }))
  synchronised = mkdtempSync(join(tmpdir(), 'meerkat-power-'))
  library = join(synchronised, 'power-loss.so')
  const source = fileURLToPath(new URL('../support/power-loss.c', import.meta.url))
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl', '-lpthread'])
  if (status !== 0) throw new Error(String(stderr))
})
afterAll(() => {
  if (!hasCompiler) return
  folder.remove()
  rmSync(synchronised, { recursive: true, force: true })
})

/** Puts back the database as a loss of power leaves it: what was synchronised; what was written since is there or not, page by page. */
function cutPower(data: string, isTorn: boolean): void {
  for (const name of [database, `${database}-wal`, `${database}-shm`]) {
    const [now, then] = [join(data, name), join(synchronised, name)]
    if (!existsSync(now)) continue
    const written = readFileSync(now)
    rmSync(now)
    if (!existsSync(then) || name.endsWith('-shm')) continue
    copyFileSync(then, now)
    if (isTorn) writeFileSync(now, torn(readFileSync(then), written))
  }
}

/** Sectors of what was written since the last synchronisation, in no order, over what was there then. */
function torn(then: Buffer, written: Buffer): Buffer {
  const sector = 512
  const length = below(2) === 0 ? then.length : Math.max(then.length, written.length)
  const mixed = Buffer.alloc(length)
  then.copy(mixed)
  for (let at = 0; at < Math.min(length, written.length); at += sector) {
    if (below(2) === 0) written.copy(mixed, at, at, Math.min(at + sector, length))
  }
  return mixed
}

function dataFolder(): string {
  const holds = (path: string) => existsSync(join(path, database))
  const found = [folder.path, ...readdirSync(folder.path).map((name) => join(folder.path, name))].find(holds)
  if (found === undefined) throw new Error('there is no database')
  return found
}

describe.skipIf(!hasCompiler)('a server whose power is cut (needs cc)', () => {
  it(`loses nothing that it has acknowledged, ${rounds} times over`, async () => {
    mkdirSync(synchronised, { recursive: true })
    const env = { LD_PRELOAD: library, POWER_LOSS_FOLDER: synchronised, POWER_LOSS_NAME: database }
    let server = await folder.start(env)
    await registerCrowd(server.port)
    const crowd = new Crowd(server.port)
    await crowd.comes(server.port)
    crowd.write()
    for (let round = 0; round < rounds; round++) {
      await crowd.more(50 + below(400))
      server.kill('SIGKILL')
      await server.exited
      cutPower(dataFolder(), round % 2 === 1)
      server = await folder.start(env)
      await crowd.comes(server.port)
    }
    const outcome = await crowd.end(server.port)
    figures(
      `power cut ${rounds} times under load: ${outcome.acknowledged} messages acknowledged, ${outcome.lost.length} lost, ${outcome.doubled.length} twice`,
    )
    expect(outcome).toMatchObject({ lost: [], doubled: [], disordered: [], failures: 0 })
    server.kill('SIGTERM')
    expect(await server.exited).toBe(0)
  }, 600_000)
})
