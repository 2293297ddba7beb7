import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const docs = fileURLToPath(new URL('../../docs/', import.meta.url))
// Columns are padded so that they can be read as they are.
const status = readFileSync(`${docs}status.md`, 'utf8').replace(/ {2,}/g, ' ')
const rows = status.split('\n').filter((line) => /^\| \d+ \|/.test(line))

/** `[file](../test/file.test.ts): a title + another title` */
const reference = /\[[^\]]+\]\((\.\.\/[^)]+)\)(?:: (.*?))?(?= · | \|$|$)/g

interface Named {
  readonly file: string
  readonly titles: readonly string[]
}

function named(row: string): Named[] {
  return [...row.matchAll(reference)].map(([, file = '', titles = '']) => ({
    file,
    titles: file.endsWith('.test.ts') && titles !== '' ? titles.split(' + ') : [],
  }))
}

/** The titles of a test file as patterns: those with `${…}` in them fit whatever stands there. */
function titlesIn(file: string): RegExp[] {
  const text = readFileSync(`${docs}${file}`, 'utf8')
  const titles = text.matchAll(/\b(?:story|it)\(\s*(?:'((?:[^'\\\n]|\\.)+)'|"([^"\n]+)"|`([^`\n]+)`)/g)
  return [...titles].map(([, single, double, template]) => {
    const parts = template === undefined ? [single ?? double ?? ''] : template.split(/\$\{[^}]*\}/)
    return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^$()[\]{}|\\]/g, '\\$&')).join('.+')}$`)
  })
}

describe('docs/status.md', () => {
  it('has a state in every row', () => {
    expect(rows.length).toBeGreaterThan(400)
    for (const row of rows) expect(row).toMatch(/ \| (done|partly|not yet) \| /)
  })

  it('names something that shows what is done', () => {
    for (const row of rows) if (row.includes('| done |')) expect(row).not.toMatch(/\| done \| \|$/)
  })

  it('names files and tests that there are', () => {
    for (const { file, titles } of rows.flatMap(named)) {
      expect(existsSync(`${docs}${file}`), file).toBe(true)
      const known = titles.length === 0 ? [] : titlesIn(file)
      for (const title of titles) {
        expect(
          known.some((pattern) => pattern.test(title)),
          `${file}: ${title}`,
        ).toBe(true)
      }
    }
  })

  it('counts right in its first table', () => {
    for (const [, module, done, partly, open] of status.matchAll(/^\| \[(mod_\w+)\].* (\d+) \| (\d+) \| (\d+) \|$/gm)) {
      const table = status.split(`\n### ${module}\n`)[1]?.split('\n### ')[0] ?? ''
      const count = (state: string) => String(table.split(`| ${state} |`).length - 1)
      expect([module, count('done'), count('partly'), count('not yet')]).toEqual([module, done, partly, open])
    }
  })
})
