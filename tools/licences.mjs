// Every package that the server runs with has a licence that a user of Apache-2.0 software can live with, and the lock file
// names no registry, so that it works with anyone's mirror.
import { readFileSync } from 'node:fs'
import { root } from './install.mjs'

const allowed = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
])

/** Packages whose licence field is not one plain name; read by a person, with the reason. */
const exceptions = new Map([
  ['node_modules/expand-template', 'MIT or WTFPL: taken under MIT'],
  ['node_modules/rc', 'BSD-2-Clause, MIT or Apache-2.0, whichever one likes'],
])

const lock = JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8'))
const problems = []
for (const [path, entry] of Object.entries(lock.packages)) {
  // A link to a folder of another package says where in `resolved`; that is no address.
  if (/^[a-z+]+:/.test(entry.resolved ?? ''))
    problems.push(`package-lock.json: ${path} names where it was fetched from`)
  const isShipped = path !== '' && !entry.dev && !entry.devOptional && !entry.link
  if (isShipped && !allowed.has(entry.license) && !exceptions.has(path)) {
    problems.push(`${path}: licence ${entry.license ?? 'unknown'} is not on the list`)
  }
}
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
