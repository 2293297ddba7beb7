import { Lru } from '../../util/lru.ts'
import { QueryError } from '../errors.ts'

/** What a statement does, as far as its first words tell. */
export type StatementKind = 'read' | 'write' | 'definition'

/** What would break into, or out of, the transaction that everybody shares. */
const FORBIDDEN =
  /^\s*(?:begin|start|commit|end|rollback|abort|savepoint|release|prepare|vacuum|attach|detach|set|lock|unlock|reset|discard|use|xa)\b/i
const DEFINITION = /^\s*(?:create|alter|drop|truncate|rename|comment|grant|revoke|analyze)\b/i
const READ = /^\s*(?:\(?\s*select|values|explain|show|with)\b/i
const WRITES_INSIDE = /\b(?:insert|update|delete|merge|replace|into)\b/i

const known = new Lru<string, StatementKind>(2000)

/** Tells what a statement does. Throws `QueryError` for one that is not allowed. */
export function kindOf(sql: string): StatementKind {
  const found = known.get(sql)
  if (found !== undefined) return found
  if (FORBIDDEN.test(sql)) {
    const message = 'transactions are not begun or ended by hand: use db.atomic([...])'
    throw new QueryError(message, { kind: 'other', code: 'MEERKAT_FORBIDDEN', sql })
  }
  const kind = DEFINITION.test(sql) ? 'definition' : isRead(sql) ? 'read' : 'write'
  known.set(sql, kind)
  return kind
}

/** A statement is only a read if nothing in it looks like a write: taking a read for a write costs a commit and nothing else. */
function isRead(sql: string): boolean {
  return READ.test(sql) && !WRITES_INSIDE.test(sql)
}
