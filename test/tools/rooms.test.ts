import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
const folders: string[] = []

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** The rules that fire in a source tree of these files, as `file: rule`, sorted. */
async function complaints(files: Record<string, string>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'meerkat-rooms-'))
  folders.push(folder)
  cpSync(join(root, 'biome.jsonc'), join(folder, 'biome.jsonc'))
  cpSync(join(root, 'tools/lint'), join(folder, 'tools/lint'), { recursive: true })
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const args = [biome, 'lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=json', 'src']
  const report = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: folder }, (_error, stdout) => resolve(stdout))
  })
  const { diagnostics } = JSON.parse(report) as { diagnostics: { category: string; location: { path: string } }[] }
  return diagnostics.map(({ category, location }) => `${location.path}: ${category.split('/').at(-1)}`).sort()
}

/** A file that imports `name` from each of these places and uses it. */
function importing(...places: string[]): string {
  const lines = places.map((place, i) => `import { thing as t${i} } from '${place}'\n`)
  return `${lines.join('')}\nexport const all = [${places.map((_, i) => `t${i}`).join(', ')}]\n`
}

const thing = 'export const thing = 1\n'

describe('the order of the rooms', () => {
  it('lets a room import from itself and from rooms below it', async () => {
    expect(
      await complaints({
        'src/util/thing.ts': thing,
        'src/router/thing.ts': thing,
        'src/router/routing/rule.ts': importing('../thing.ts', '../../util/thing.ts'),
        'src/modules/mod.ts': importing('../router/thing.ts', '../util/thing.ts'),
      }),
    ).toEqual([])
  })

  it('forbids a room to import from a room above it, however deep the file', async () => {
    expect(
      await complaints({
        'src/router/thing.ts': thing,
        'src/xml/a.ts': importing('../router/thing.ts'),
        'src/edges/c2s/deep/b.ts': importing('../../../modules/muc/api.ts'),
        'src/modules/muc/api.ts': thing,
      }),
    ).toEqual(['src/edges/c2s/deep/b.ts: noRestrictedImports', 'src/xml/a.ts: noRestrictedImports'])
  })

  it('holds types and unit tests to the same order', async () => {
    expect(
      await complaints({
        'src/net/thing.ts': 'export interface Thing {\n  a: 1\n}\n',
        'src/jid/a.ts': "import type { Thing } from '../net/thing.ts'\n\nexport const a: Thing = { a: 1 }\n",
        'src/jid/b.test.ts': "import type { Thing } from '../net/thing.ts'\n\nconst b: Thing = { a: 1 }\nb.a = 1\n",
      }),
    ).toEqual(['src/jid/a.ts: noRestrictedImports', 'src/jid/b.test.ts: noRestrictedImports'])
  })

  it('forbids the rooms to import what is built of them', async () => {
    expect(await complaints({ 'src/server.ts': thing, 'src/modules/muc/a.ts': importing('../../server.ts') })).toEqual([
      'src/modules/muc/a.ts: noRestrictedImports',
    ])
  })

  it('shows a module only the api.ts of another one', async () => {
    const files = { 'src/modules/mam/api.ts': thing, 'src/modules/mam/store.ts': thing, 'src/modules/ping.ts': thing }
    expect(
      await complaints({
        ...files,
        'src/modules/one.ts': importing('./mam/api.ts'),
        'src/modules/muc/own.ts': importing('./features/topic.ts', '../mam/api.ts'),
        'src/modules/muc/room.ts': thing,
        'src/modules/muc/features/topic.ts': importing('../room.ts', '../../mam/api.ts'),
      }),
    ).toEqual([])
    expect(
      await complaints({
        ...files,
        'src/modules/two.ts': importing('./mam/store.ts'),
        'src/modules/three.ts': importing('./ping.ts'),
        'src/modules/muc/own.ts': importing('../mam/store.ts'),
        'src/modules/muc/features/topic.ts': importing('../../mam/store.ts'),
      }),
    ).toEqual([
      'src/modules/muc/features/topic.ts: noRestrictedImports',
      'src/modules/muc/own.ts: noRestrictedImports',
      'src/modules/three.ts: noRestrictedImports',
      'src/modules/two.ts: noRestrictedImports',
    ])
  })
})

describe('what belongs to one room', () => {
  it('keeps the built-ins that do I/O in the rooms that own it', async () => {
    const reading = "import { readFileSync } from 'node:fs'\n\nexport const all = [readFileSync]\n"
    const listening = "import { createServer } from 'node:net'\n\nexport const all = [createServer]\n"
    expect(
      await complaints({
        'src/config/a.ts': reading,
        'src/net/a.ts': listening,
        'src/main.ts': reading,
        'src/xml/a.ts': reading,
        'src/xml/fixture.test.ts': "import { readFileSync } from 'node:fs'\n\nreadFileSync('x')\n",
        'src/auth/socket.test.ts': "import { createServer } from 'node:net'\n\ncreateServer()\n",
        'src/modules/muc/a.ts': listening,
      }),
    ).toEqual([
      'src/auth/socket.test.ts: noRestrictedImports',
      'src/modules/muc/a.ts: noRestrictedImports',
      'src/xml/a.ts: noRestrictedImports',
    ])
  })

  it('keeps each package in its room, zod and the types of kysely excepted', async () => {
    const logging = "import pino from 'pino'\n\nexport const all = [pino]\n"
    const querying = "import { sql } from 'kysely'\n\nexport const all = [sql]\n"
    expect(
      await complaints({
        'src/observe/a.ts': logging,
        'src/router/a.ts': logging,
        'src/storage/a.ts': querying,
        'src/modules/a.ts': querying,
        'src/modules/b.ts': "import type { Kysely } from 'kysely'\n\nexport type Db = Kysely<unknown>\n",
        'src/modules/c.ts': "import { z } from 'zod'\n\nexport const all = [z]\n",
      }),
    ).toEqual(['src/modules/a.ts: plugin', 'src/router/a.ts: noRestrictedImports'])
  })

  it('takes time only from the Clock', async () => {
    const times = [
      'export const at = Date.now()',
      'export const day = new Date()',
      'export const date = new Date(0)',
      'export const timer = setTimeout(() => at, 1)',
      'export const ticker = setInterval(() => at, 1)',
    ].join('\n')
    expect(await complaints({ 'src/util/clock.ts': times, 'src/net/a.ts': times })).toEqual([])
    expect(await complaints({ 'src/router/a.ts': times })).toEqual([
      'src/router/a.ts: noRestrictedGlobals',
      'src/router/a.ts: noRestrictedGlobals',
      'src/router/a.ts: plugin',
      'src/router/a.ts: plugin',
    ])
  })
})

describe('habits', () => {
  it('finds cycles, long parameter lists, tangled functions, any, barrels and wrongly named files', async () => {
    const tangled =
      'export function f(a: number) {\n  let n = 0\n  for (;;) {\n    if (a > n) {\n      for (;;) {\n        if (a > 1) {\n          if (n > 2) return n\n          n += 1\n        } else if (a < 0) return a\n      }\n    }\n  }\n}\n'
    expect(
      await complaints({
        'src/util/a.ts': "import { b } from './b.ts'\n\nexport const a = () => b\n",
        'src/util/b.ts': "import { a } from './a.ts'\n\nexport const b = () => a\n",
        'src/util/long.ts': 'export const f = (a: 1, b: 1, c: 1, d: 1, e: 1) => [a, b, c, d, e]\n',
        'src/util/tangled.ts': tangled,
        'src/util/loose.ts': 'export const f = (a: any) => a\n',
        'src/util/barrel.ts': "export { a } from './a.ts'\n",
        'src/util/wrongName.ts': thing,
      }),
    ).toEqual([
      'src/util/a.ts: noImportCycles',
      'src/util/b.ts: noImportCycles',
      'src/util/barrel.ts: noBarrelFile',
      'src/util/long.ts: useMaxParams',
      'src/util/loose.ts: noExplicitAny',
      'src/util/tangled.ts: noExcessiveCognitiveComplexity',
      'src/util/wrongName.ts: useFilenamingConvention',
    ])
  })
})
