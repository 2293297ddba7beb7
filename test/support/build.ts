/**
 * Global setup of the tests: builds `dist/` if it is older than the sources. Database threads and processes that tests start
 * run from there, because Node 20 loads no TypeScript by itself.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** Marks the time of the last build. */
const stamp = join(root, 'dist', '.built')
const needed = join(root, 'dist', 'storage', 'sqlite', 'worker', 'main.js')

/** Called by vitest once before the first test. */
export default function setup(): void {
  if (existsSync(needed) && existsSync(stamp) && statSync(stamp).mtimeMs > newestSource()) return
  const began = new Date()
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, encoding: 'utf8' })
  // Type errors are for `npm run types` to complain about; the compiler writes its output all the same.
  if (!existsSync(needed)) throw new Error(`dist/ could not be built:\n${stdout}`)
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, `${began.toISOString()}\n`)
}

function newestSource(): number {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  const config = ['tsconfig.json', 'tsconfig.build.json'].map((file) => join(root, file))
  return Math.max(
    ...[...sources.map((file) => join(root, 'src', file)), ...config].map((file) => statSync(file).mtimeMs),
  )
}
