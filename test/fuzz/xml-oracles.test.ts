import { isUtf8 } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { stanzas, streamEnd, streamStart } from './corpus/stanzas.ts'
import { fuzzCount, mutate, numbers } from './mutate.ts'
import { type Outcome, scan } from './xml-events.ts'
import { canonicalTree, type OracleOutcome, readWithExpat, readWithSaxes, type Tree } from './xml-oracles.ts'

const good = stanzas.map((stanza) => Buffer.from(`${streamStart}${stanza}\n${stanza}${streamEnd}`))
const below = numbers(7395)
const mutated = Array.from({ length: fuzzCount(12_000) }, (_, i) => mutate(good[i % good.length] as Buffer, below))

/** Ours without what only we tell of an element. */
function elementsOf(ours: Outcome): string[] {
  return ours.events.slice(1).filter((_, i) => i % 2 === 0)
}

/** What the scanner may say where another parser says this. */
const counterparts: Record<OracleOutcome['end'], readonly string[]> = {
  closed: ['closed'],
  open: ['open'],
  error: ['not-well-formed', 'restricted-xml', 'unsupported-encoding', 'policy-violation'],
  restricted: ['restricted-xml'],
  'stream-text': ['not-well-formed'],
  'second-header': ['policy-violation'],
  'xml-element': ['invalid-namespace'],
  encoding: ['unsupported-encoding'],
}

/** A name whose local part begins with what may only follow. */
const badLocalPart = /[\s</][^\s<>=/'"]*:(?:[-.0-9\u00b7\u203f\u2040]|[\u0300-\u036f])/
/** A tag with a character beyond ASCII outside of its values. */
const unusualName = /<[^<>'"]*(?:=\s*(?:'[^']*'|"[^"]*")[^<>'"]*)*[^\x00-\x7f]/

/** A namespace that saxes would trim white space from; expat does not. */
const spacedNamespace = /xmlns[^=<>]*=\s*(?:(['"])\s|'[^'<]*(?:\s|;)'|"[^"<]*(?:\s|;)"|['"]&#)/

/** Why the two differ although neither is wrong; undefined when there is no such reason. */
function excuse(document: Buffer, ours: Outcome, theirs: OracleOutcome, oracle: string): string | undefined {
  const text = document.toString('utf8')
  const isError = ours.end !== 'closed' && ours.end !== 'open'
  // The other one reports a thing when it is whole; we refuse it at the byte that cannot be mended.
  if (isError && theirs.end === 'open') return 'the other had not come to a verdict'
  if (theirs.end === 'error' && ours.end === 'open' && /[\ufffd\ufffe\uffff]/.test(text)) {
    return 'characters are checked when an element is whole'
  }
  if (oracle === 'expat' && /invalid token/.test(theirs.detail) && unusualName.test(text)) {
    return 'expat has the name characters of the fourth edition of XML 1.0'
  }
  if (oracle === 'saxes' && ours.end === 'not-well-formed' && badLocalPart.test(text)) {
    return 'saxes does not check how a local part begins'
  }
  return undefined
}

function compare(document: Buffer, theirs: OracleOutcome, oracle: string): void {
  const ours = scan([document])
  const shown = `${oracle} ${theirs.end} ${theirs.detail}, ours ${ours.end}: ${document.toString('latin1')}`
  const [mine, yours] = [elementsOf(ours), theirs.events.slice(1).map((tree) => canonicalTree(tree as Tree))]
  const isSame = mine.length === yours.length
  if (!isSame || !counterparts[theirs.end].includes(ours.end)) {
    expect(excuse(document, ours, theirs, oracle), shown).toBeDefined()
  }
  if (oracle === 'saxes' && spacedNamespace.test(document.toString('utf8'))) return
  // As far as both came, they read the same.
  const both = Math.min(mine.length, yours.length)
  expect(mine.slice(0, both), shown).toEqual(yours.slice(0, both))
}

describe('the scanner against other parsers', () => {
  it('reads the corpus as saxes does', () => {
    for (const document of good) {
      expect(scan([document]).end).toBe('closed')
      compare(document, readWithSaxes(document), 'saxes')
    }
  })

  it('accepts and refuses mutated documents as saxes does', () => {
    // It reads characters; what to do with bytes that are none, expat is asked below.
    for (const document of mutated.filter((bytes) => isUtf8(bytes))) compare(document, readWithSaxes(document), 'saxes')
  })

  it('accepts and refuses the corpus and mutated documents as expat does', ({ skip }) => {
    const documents = [...good, ...mutated]
    const outcomes = readWithExpat(documents)
    if (outcomes === undefined) {
      skip('needs python3 (Debian package python3)')
      return
    }
    expect(outcomes.length).toBe(documents.length)
    for (const [i, document] of documents.entries()) compare(document, outcomes[i] as OracleOutcome, 'expat')
  })
})
