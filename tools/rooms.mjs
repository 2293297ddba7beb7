// The rooms of src/ and what each may import, as data; written to tools/lint/rooms.json, which biome.jsonc extends.
//   node tools/rooms.mjs           writes that file
//   node tools/rooms.mjs --check   fails when it is not what this file says
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Rooms, low to high: a room imports from itself and from rooms named before it. */
export const rooms = [
  'util',
  'xml',
  'jid',
  'stanza',
  'protocol',
  'config',
  'observe',
  'hooks',
  'storage',
  'cluster',
  'net',
  'auth',
  'router',
  'module',
  'edges',
  'admin',
  'modules',
  'server',
]

/** Files beside the rooms, above them all: no room imports these. */
const roof = ['server.ts', 'embed.ts', 'index.ts', 'main.ts', 'program.ts']

/** Node's built-ins that do I/O, and the rooms that may use each. main.ts may use all of them. */
const io = ['fs', 'fs/promises', 'net', 'tls', 'http', 'https', 'http2', 'dns', 'dns/promises', 'child_process']
const builtIns = {
  ...Object.fromEntries(
    [...io, 'worker_threads', 'cluster', 'dgram'].map((name) => [name, ['config', 'storage', 'net']]),
  ),
  // Log files are rotated by size, which pino does not do.
  fs: ['config', 'storage', 'net', 'observe'],
}

/** Packages needed at run time and the one room that may import each. Those not named here (zod) are free. */
const packages = {
  'smol-toml': 'config',
  pino: 'observe',
  'prom-client': 'observe',
  'better-sqlite3': 'storage',
  ws: 'net',
  ldapts: 'net',
  ioredis: 'net',
  'rabbitmq-client': 'net',
  jose: 'auth',
  graphql: 'admin',
}

/** Built-ins that a unit test may use whatever its room: fixtures and temporary folders, but no sockets. */
const testBuiltIns = ['fs', 'fs/promises', 'child_process', 'worker_threads']

/** The files of modules/ that name them all. */
const moduleLists = ['!src/modules/all.ts', '!src/modules/table.ts']

function forbiddenPaths(room, isTest) {
  const paths = {}
  for (const [name, allowed] of Object.entries(builtIns)) {
    if (allowed.includes(room) || (isTest && testBuiltIns.includes(name))) continue
    paths[`node:${name}`] = `${name} does I/O: only ${allowed.join(', ')} and main.ts import it.`
  }
  for (const [name, owner] of Object.entries(packages)) {
    if (owner !== room) paths[name] = `Only ${owner}/ imports ${name}.`
  }
  return paths
}

function forbiddenRooms(room) {
  const above = rooms.slice(rooms.indexOf(room) + 1)
  const groups = []
  if (above.length > 0) {
    const message = `${room}/ imports only from rooms below it: ${rooms.slice(0, rooms.indexOf(room)).join(', ')}.`
    groups.push({ group: above.flatMap((other) => [`../${other}/**`, `**/../${other}/**`]), message })
  }
  const group = roof.flatMap((file) => [`../${file}`, `**/../${file}`])
  groups.push({ group, message: 'No room imports the roof (server.ts, main.ts).' })
  return groups
}

function rule(includes, paths, patterns) {
  const noRestrictedImports = { level: 'error', options: { paths, patterns } }
  return { includes, linter: { rules: { style: { noRestrictedImports } } } }
}

/** A module sees another one only through its api.ts; how many `../` lead to its siblings depends on the folder. */
function moduleRules() {
  const room = 'modules'
  const message = 'A module imports from another one only its api.ts.'
  const tops = [
    ['src/modules/*.ts', ['./*', './*/**', '!./*/api.ts']],
    ['src/modules/*/*.ts', ['../*', '../*/**', '!../*/api.ts', '!../../**']],
    ['src/modules/*/*/**/*.ts', ['../../*', '../../*/**', '!../../*/api.ts', '!../../../**']],
  ]
  return tops.map(([includes, group]) =>
    rule([includes, ...moduleLists, '!**/*.test.ts'], forbiddenPaths(room, false), [
      ...forbiddenRooms(room),
      { group, message },
    ]),
  )
}

/** The overrides that hold a tree of rooms to its order. */
export function roomRules() {
  return [
    ...rooms.flatMap((room) => [
      rule([`src/${room}/**`, '!**/*.test.ts'], forbiddenPaths(room, false), forbiddenRooms(room)),
      rule([`src/${room}/**/*.test.ts`], forbiddenPaths(room, true), forbiddenRooms(room)),
    ]),
    ...moduleRules(),
    rule(['src/server.ts', 'src/embed.ts', 'src/index.ts'], forbiddenPaths('', false), []),
  ]
}

/** The text of tools/lint/rooms.json, one rule a line. */
export function roomsFile() {
  const lines = roomRules().map((override) => `    ${JSON.stringify(override)}`)
  return `{\n  "overrides": [\n${lines.join(',\n')}\n  ]\n}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = new URL('lint/rooms.json', import.meta.url)
  const wanted = roomsFile()
  if (!process.argv.includes('--check')) writeFileSync(file, wanted)
  else if (readFileSync(file, 'utf8') !== wanted) {
    console.error('tools/lint/rooms.json does not say what tools/rooms.mjs says: run node tools/rooms.mjs')
    process.exitCode = 1
  }
}
