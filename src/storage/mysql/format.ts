import { escape as quoted } from 'mysql2'
import { Lru } from '../../util/lru.ts'
import type { Statement, Value } from '../remote/link.ts'

const known = new Lru<string, readonly string[]>(2000)

/** Quoted text, quoted names and comments, in which a question mark is a question mark; or a place for a value. */
const PARTS = /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|\/\*[\s\S]*?\*\/|\?/g

/** The text of a statement with its values in their places. The connection must speak UTF-8 and know backslashes. */
export function formatStatement({ sql, values }: Statement): string {
  const pieces = piecesOf(sql)
  if (pieces.length !== values.length + 1) throw new TypeError('a statement needs a value for each place')
  let text = pieces[0] ?? ''
  for (const [index, value] of values.entries()) text += literal(value) + (pieces[index + 1] ?? '')
  return text
}

function piecesOf(sql: string): readonly string[] {
  let pieces = known.get(sql)
  if (pieces === undefined) {
    pieces = split(sql)
    known.set(sql, pieces)
  }
  return pieces
}

function split(sql: string): string[] {
  const pieces: string[] = []
  let start = 0
  for (const match of sql.matchAll(PARTS)) {
    if (match[0] !== '?') continue
    pieces.push(sql.slice(start, match.index))
    start = match.index + 1
  }
  return [...pieces, sql.slice(start)]
}

function literal(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? quoted(value) : `x'${value.toString('hex')}'`
}
