// Brings node_modules in line with package-lock.json, when it is not already. Plain Node: it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { lstatSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(fileURLToPath(new URL('..', import.meta.url)))

/** When `path` (relative to the repository) last changed, in milliseconds; 0 when there is no such file. */
export function changedAt(path) {
  return statSync(`${root}/${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function lockedPackages(path) {
  try {
    return JSON.parse(readFileSync(`${root}/${path}`, 'utf8')).packages
  } catch {
    return undefined
  }
}

/**
 * Whether the installed packages are not those of the lock file. Contents are compared, not times: a checkout or a restored
 * cache changes times and nothing else. Optional packages may be missing, as most are for other platforms.
 */
function isStale() {
  const locked = lockedPackages('package-lock.json') ?? {}
  const installed = lockedPackages('node_modules/.package-lock.json')
  if (installed === undefined) return true
  return Object.entries(locked).some(([path, { version, optional }]) => {
    const has = installed[path]
    return path !== '' && (has === undefined ? optional !== true : has.version !== version)
  })
}

/** A linked node_modules belongs to another working copy, and `npm ci` would empty it. */
function isShared() {
  return lstatSync(`${root}/node_modules`, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

function missingBuildTools() {
  const tools = process.platform === 'win32' ? [] : ['python3', 'make', 'g++']
  return tools.filter((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error !== undefined)
}

function explainFailure() {
  const missing = missingBuildTools()
  if (missing.length === 0) return 'npm ci failed; its own message is above.'
  return [
    `npm ci failed, and ${missing.join(', ')} cannot be found.`,
    'better-sqlite3 is compiled where no prebuilt binary can be fetched, which needs python3, make and g++.',
    'On Debian or Ubuntu: apt-get install python3 make g++',
  ].join('\n')
}

/** Installs the locked packages if need be. Development packages are included: the compiler is one of them. */
export function installIfStale() {
  if (!isStale()) return
  if (isShared()) {
    console.error('node_modules is a link and not what package-lock.json says; not touching it.')
    return
  }
  console.error('Installing packages (npm ci); the first time takes a minute or two, most of it to compile SQLite ...')
  const options = { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' }
  const { status } = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], options)
  if (status === 0) return
  console.error(explainFailure())
  process.exit(1)
}
