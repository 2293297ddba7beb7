// npm run bench: installs and builds what is missing, then loads the server. Options go to bench/run.ts.
import { spawnSync } from 'node:child_process'
import { buildIfStale } from './build.mjs'
import { installIfStale, root } from './install.mjs'

installIfStale()
try {
  if (!process.argv.includes('--pid')) buildIfStale()
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
const args = ['--import', 'tsx', `${root}/bench/run.ts`, ...process.argv.slice(2)]
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
process.exitCode = status ?? 1
