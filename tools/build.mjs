// Compiles src/ to dist/ when dist/ is older than what it is made of.
//   node tools/build.mjs           builds if stale        node tools/build.mjs --force   builds anyway
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { changedAt, root } from './install.mjs'

/** What the build depends on besides src/. */
const inputs = [
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tools/build.mjs',
  'tools/copy-webchat.mjs',
  'tools/copy-graphiql.mjs',
]

/** Written last, so that a build that was interrupted counts as stale. */
const stamp = 'dist/.built'

function newestIn(folder) {
  let newest = changedAt(folder)
  for (const entry of readdirSync(`${root}/${folder}`, { withFileTypes: true, recursive: true })) {
    const path = `${entry.parentPath}/${entry.name}`.slice(root.length + 1)
    if (entry.isDirectory() || !path.endsWith('.test.ts')) newest = Math.max(newest, changedAt(path))
  }
  return newest
}

/** Whether dist/ lacks something that changed since it was built. */
export function isStale() {
  const built = changedAt(stamp)
  return built === 0 || inputs.some((path) => changedAt(path) > built) || newestIn('src') > built
}

function run(args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error(`build failed: ${args.join(' ')}`)
}

/** Builds if need be; throws when the compiler finds an error (which it has then printed). */
export function buildIfStale(force = false) {
  if (!force && !isStale()) return
  const begun = Date.now()
  rmSync(`${root}/dist`, { recursive: true, force: true })
  run(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'])
  for (const copy of ['tools/copy-webchat.mjs', 'tools/copy-graphiql.mjs'])
    if (existsSync(`${root}/${copy}`)) run([copy])
  writeFileSync(`${root}/${stamp}`, '')
  console.error(`Built dist/ in ${((Date.now() - begun) / 1000).toFixed(1)} s`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    buildIfStale(process.argv.includes('--force'))
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
