import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseConfig } from './load.ts'
import type { ModuleDeclaration } from './modules.ts'
import { ConfigErrors, formatProblem, type Notice, type Problem } from './problem.ts'

// Each fixture is a configuration, a line of dashes, and what is said about it. With REWRITE=1 the second half is
// written anew, to be reviewed as a difference.
const folder = new URL('./fixtures/', import.meta.url)
const mark = '\n----\n'

const modules: readonly ModuleDeclaration[] = [
  { name: 'mod_presence', about: 'Presence.', inCluster: true, options: z.strictObject({}) },
  { name: 'mod_shared_roster_ldap', staticOnly: true, options: z.strictObject({}) },
  { name: 'mod_private', options: z.strictObject({ max_bytes: z.int().positive().default(65_536) }) },
  {
    name: 'mod_mam',
    aliases: ['mod_mam_meta'],
    options: z.strictObject({ default_result_limit: z.int().positive().default(50) }),
  },
]

function said(text: string, skipMissing: boolean): string {
  const block = (problem: Problem) => formatProblem(problem)
  const notice = (entry: Notice) => `${entry.level}: ${formatProblem(entry)}`
  try {
    const { notices } = parseConfig({
      text,
      file: new URL('meerkat.toml', folder).pathname,
      modules,
      skipMissing,
      env: { PIN: 'x' },
    })
    return ['in order', ...notices.map(notice)].join('\n')
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error
    return [...error.errors.map(block), ...error.notices.map(notice)].join('\n')
  }
}

describe('what is said about a configuration', () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.txt'))) {
    it(name.replace('.txt', '').replaceAll('-', ' '), () => {
      const path = new URL(name, folder)
      const [input = '', expected = ''] = readFileSync(path, 'utf8').split(mark)
      const actual = said(input, name.startsWith('skip')).replaceAll(folder.pathname, '')
      if (process.env['REWRITE'] === '1') writeFileSync(path, `${input}${mark}${actual}\n`)
      else expect(`${actual}\n`).toBe(expected)
    })
  }
})
