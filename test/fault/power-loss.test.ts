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

/** What is left when the power is cut. */
let synchronised = ''
let library = ''
let tools = ''

beforeAll(() => {
  if (!hasCompiler) return
  tools = mkdtempSync(join(tmpdir(), 'meerkat-power-'))
  synchronised = join(tools, 'synchronised')
  library = join(tools, 'power-loss.so')
  const source = fileURLToPath(new URL('../support/power-loss.c', import.meta.url))
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl', '-lpthread'])
  if (status !== 0) throw new Error(String(stderr))
})
afterAll(() => {
  if (!hasCompiler) return
  rmSync(tools, { recursive: true, force: true })
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

function dataFolder(folder: ServerFolder): string {
  const holds = (path: string) => existsSync(join(path, database))
  const found = [folder.path, ...readdirSync(folder.path).map((name) => join(folder.path, name))].find(holds)
  if (found === undefined) throw new Error('there is no database')
  return found
}

/** Cuts the power again and again while a crowd writes, and starts the server once more. What came of it all. */
async function cut(modules: string) {
  rmSync(synchronised, { recursive: true, force: true })
  mkdirSync(synchronised, { recursive: true })
  const folder = new ServerFolder(plainSettings({ more: crowdModules + modules, c2s: 'access = "all"' }))
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
    cutPower(dataFolder(folder), round % 2 === 1)
    server = await folder.start(env)
    await crowd.comes(server.port)
  }
  const outcome = await crowd.end(server.port)
  figures(
    `power cut ${rounds} times under load: ${outcome.acknowledged} messages acknowledged, ${outcome.lost.length} lost, ${outcome.doubled.length} twice`,
  )
  const archives = modules === '' ? undefined : await crowd.archives(server.port)
  const miscounted = modules === '' ? [] : await crowd.miscounted(server.port)
  server.kill('SIGTERM')
  expect(await server.exited).toBe(0)
  folder.remove()
  return { outcome, archives, miscounted }
}

const nothingWrong = { lost: [], betrayed: [], doubled: [], disordered: [], failures: 0 }

describe.skipIf(!hasCompiler)('a server whose power is cut (needs cc)', () => {
  it(`loses nothing that it has acknowledged, ${rounds} times over`, async () => {
    expect((await cut('')).outcome).toMatchObject(nothingWrong)
  }, 600_000)

  it(`has all of it in the archives of both sides, once and in order, and counted once in inboxes, ${rounds} times over`, async () => {
    const { outcome, archives, miscounted } = await cut('[modules.mod_mam.pm]\n[modules.mod_inbox]\n')
    expect(outcome).toMatchObject(nothingWrong)
    expect(archives).toEqual({
      missing: [],
      betrayed: [],
      doubled: [],
      disordered: [],
      entries: 2 * outcome.acknowledged,
    })
    expect(miscounted).toEqual([])
  }, 600_000)
})
