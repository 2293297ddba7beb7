// npm test: installs and builds what is missing, then runs every test. Arguments go to vitest: npm test -- src/xml
// The last line is `N passed, N failed`, written by tools/reporter.mjs.
import { spawnSync } from 'node:child_process'
import { buildIfStale } from './build.mjs'
import { installIfStale, root } from './install.mjs'

installIfStale()
try {
  buildIfStale()
} catch (error) {
  console.error(error.message)
  console.log('0 passed, 1 failed')
  process.exit(1)
}
const vitest = [
  `${root}/node_modules/vitest/vitest.mjs`,
  'run',
  '--reporter=default',
  `--reporter=${root}/tools/reporter.mjs`,
]
const { status } = spawnSync(process.execPath, [...vitest, ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
})
process.exitCode = status ?? 1
