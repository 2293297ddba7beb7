/** One event: `what` is its stable snake_case name, the rest its context. */
export interface LogFields {
  what: string
  [key: string]: unknown
}

/** Names of fields whose value is never written, at whatever depth. */
const secretKey =
  /(^|_)pass$|passw(or)?d|passphrase|secret|token(?!_?(id|type|count))|credential|authori[sz]ation|cookie|private_?key|stored_?key|server_?key|salted/i

/** Fields that carry what people write to each other: written at level debug only. */
const contentKeys = new Set(['body', 'packet', 'exml_packet', 'stanza', 'xml', 'payload', 'element', 'subject'])

const deepest = 5

interface Walk {
  mayShowContent: boolean
  depth: number
}

/**
 * What may be written of these fields: secrets struck out, message content reduced to its size unless `mayShowContent`,
 * errors and our own classes (JIDs) as plain data, and nothing deeper than five levels.
 */
export function toRecord(fields: Readonly<Record<string, unknown>>, mayShowContent: boolean): Record<string, unknown> {
  return plainRecord(fields, { mayShowContent, depth: 0 })
}

function plainRecord(fields: Readonly<Record<string, unknown>>, walk: Walk): Record<string, unknown> {
  const record: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue
    if (secretKey.test(key) && typeof value !== 'boolean') record[key] = '[redacted]'
    else if (!walk.mayShowContent && contentKeys.has(key)) record[key] = sizeOf(value)
    else record[key] = plain(value, walk)
  }
  return record
}

function sizeOf(value: unknown): string {
  return typeof value === 'string' ? `[${value.length} characters]` : '[not shown]'
}

function plain(value: unknown, walk: Walk): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return errorRecord(value, walk)
  if (value instanceof Date) return value.toJSON()
  if (value instanceof Uint8Array) return `[${value.length} bytes]`
  if (walk.depth >= deepest) return '[deeper]'
  const inner = { ...walk, depth: walk.depth + 1 }
  if (Array.isArray(value)) return value.map((item) => plain(item, inner))
  return isPlain(value) ? plainRecord(value, inner) : instanceText(value)
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** A class tells how it is to be written by its toString; one without says only its name. */
function instanceText(value: object): string {
  return value.toString === Object.prototype.toString ? `[${value.constructor.name}]` : String(value)
}

function errorRecord(error: Error, walk: Walk): Record<string, unknown> {
  const { code } = error as { code?: unknown }
  const record: Record<string, unknown> = { class: error.name, message: error.message }
  if (typeof code === 'string' || typeof code === 'number') record.code = code
  if (error.stack !== undefined) record.stacktrace = error.stack
  if (error.cause !== undefined && walk.depth < deepest) {
    record.cause = plain(error.cause, { ...walk, depth: walk.depth + 1 })
  }
  return record
}
