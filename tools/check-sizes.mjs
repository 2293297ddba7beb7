// A file has at most 300 lines, a file of tests 500. What is larger says why here.
import { readdirSync, readFileSync } from 'node:fs'
import { root } from './install.mjs'

const folders = ['src', 'test', 'tools', 'bench', 'examples']

/** Larger files, each with the reason why splitting it would make it worse. */
const exceptions = new Map([
  [
    'src/xml/element-scan.ts',
    'one state machine over bytes; a call for each state costs a good part of the throughput',
  ],
])

/** Generated tables: their size is that of what they are made from. */
const generated = /(\.generated|-tables|-table)\.(ts|mjs)$/

function limitOf(file) {
  return file.startsWith('test/') || file.endsWith('.test.ts') ? 500 : 300
}

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
  const limit = limitOf(file)
  const lines = readFileSync(`${root}/${file}`, 'utf8').split('\n').length - 1
  if (lines > limit && !exceptions.has(file)) problems.push(`${file} has ${lines} lines, more than ${limit}`)
  if (lines <= limit && exceptions.has(file)) problems.push(`${file} has ${lines} lines and needs no exception`)
}
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
