// A file of the server has at most 300 lines; tests and tools have the same guide size. What is larger says why here.
import { readdirSync, readFileSync } from 'node:fs'
import { root } from './install.mjs'

const limit = 300
const folders = ['src', 'test', 'tools', 'bench', 'examples']

/** Larger files, each with the reason why splitting it would make it worse. */
const exceptions = new Map([
  // ['src/xml/scanner.ts', 'one state machine over bytes; a call a state costs a fifth of the throughput'],
])

/** Generated tables: their size is that of what they are made from. */
const generated = /(\.generated|-tables|-table)\.(ts|mjs)$/

function sourceFiles() {
  return folders.flatMap((folder) => {
    try {
      const entries = readdirSync(`${root}/${folder}`, { recursive: true, withFileTypes: true })
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length + 1))
    } catch (error) {
      if (error.code === 'ENOENT') return []
      throw error
    }
  })
}

const problems = []
for (const file of sourceFiles()) {
  if (!/\.(ts|mjs|js)$/.test(file) || generated.test(file)) continue
  const lines = readFileSync(`${root}/${file}`, 'utf8').split('\n').length - 1
  if (lines > limit && !exceptions.has(file)) problems.push(`${file} has ${lines} lines, more than ${limit}`)
  if (lines <= limit && exceptions.has(file)) problems.push(`${file} has ${lines} lines and needs no exception`)
}
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
