// Adds to package-lock.json the packages of other platforms that npm left out, and takes out the addresses of registries. Native tools (Biome, TypeScript, Rolldown) list
// one optional package a platform; an npm that cannot see some of them when it writes the lock file drops them silently, and
// `npm ci` then refuses the file. To be run after a dependency has been added or updated:
//   npm install --package-lock-only && node tools/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

/** What npm would have found in the package's own manifest; the name says it, by everybody's convention. */
function platformOf(name) {
  const words = name.split('/').at(-1).split('-')
  const os = systems.find((system) => words.includes(system))
  const cpu = processors.find((processor) => words.includes(processor))
  if (cpu === undefined) return undefined
  const libc =
    os === 'linux' && words.includes('musl') ? 'musl' : os === 'linux' && words.includes('gnu') ? 'glibc' : undefined
  return { cpu: [cpu], ...(libc ? { libc: [libc] } : {}), ...(os ? { os: [os] } : {}) }
}

function isPresent(packages, path, name) {
  if (`${path}/node_modules/${name}` in packages) return true
  return `node_modules/${name}` in packages
}

const lock = JSON.parse(readFileSync(file, 'utf8'))
const added = {}
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isPresent(lock.packages, path, name)) continue
    const platform = platformOf(name)
    if (platform === undefined || !/^\d/.test(version)) {
      console.error(`left out: ${name}@${version}, wanted by ${path}`)
      continue
    }
    added[`node_modules/${name}`] = { version, ...platform, ...(entry.dev ? { dev: true } : {}), optional: true }
  }
}
// Where a package was fetched from is nobody else's matter: everybody has a registry of their own. Links to folders stay.
for (const entry of Object.values(lock.packages)) if (/^https?:/.test(entry.resolved ?? '')) delete entry.resolved
lock.packages = Object.fromEntries(Object.entries({ ...lock.packages, ...added }).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.error(`${Object.keys(added).length} packages of other platforms added`)
