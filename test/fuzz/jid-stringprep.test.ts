import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JidError } from '../../src/jid/jid-error.ts'
import { nodeprep, resourceprep } from '../../src/jid/stringprep.ts'
import { anyText } from './jid-text.ts'

const oracle = fileURLToPath(new URL('./stringprep-oracle.py', import.meta.url))
const hasPython = spawnSync('python3', ['--version']).status === 0

// Unicode corrected the decompositions of these five after 3.2 (Corrigendum 4).
const corrected = /[\u{2f868}\u{2f874}\u{2f91f}\u{2f95f}\u{2f9bf}]/u
// Python folds case by its own newer tables and so finds small letters for these, which table B.2 leaves as they are.
const foldedByPython = /[\u04c0\u10a0-\u10c5\u13a0-\u13f4\u2132\u2183]/u

type Pair = readonly [node: string | null, resource: string | null]

function askPython(texts: readonly string[]): (Pair | null)[] {
  const { stdout, stderr, status } = spawnSync('python3', [oracle], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as (Pair | null)[]
}

function attempt(prepare: (text: string) => string, text: string): string | null {
  try {
    return prepare(text)
  } catch (error) {
    if (error instanceof JidError) return null
    throw error
  }
}

/** The texts for which our profiles and Python's differ, with both outcomes. */
function differences(texts: readonly string[]): string[] {
  const theirs = askPython(texts)
  const found: string[] = []
  texts.forEach((text, i) => {
    const pair = theirs[i]
    if (!pair || corrected.test(text)) return
    const ours: Pair = [attempt(nodeprep, text), attempt(resourceprep, text)]
    const isNodeSame = ours[0] === pair[0] || foldedByPython.test(text)
    if (!isNodeSame || ours[1] !== pair[1]) found.push(`${JSON.stringify(text)}: ${JSON.stringify([ours, pair])}`)
  })
  return found
}

if (!hasPython) {
  if (process.env.CI) throw new Error('python3 is missing (Debian package python3)')
  process.stderr.write('skipped: stringprep beside Python (Debian package python3)\n')
}

describe.runIf(hasPython)('the old profiles beside Python', () => {
  it('each code point', () => {
    const texts: string[] = []
    for (let point = 0; point <= 0x10ffff; point++) {
      // Planes without characters in Unicode 3.2 are all alike.
      if (point === 0x30000) point = 0xdfff0
      if (point === 0xf0010) point = 0x10fff0
      texts.push(String.fromCodePoint(point))
    }
    expect(differences(texts).slice(0, 40)).toEqual([])
  })

  it('any text', () => {
    expect(differences(fc.sample(anyText, 20_000)).slice(0, 40)).toEqual([])
  })
})
