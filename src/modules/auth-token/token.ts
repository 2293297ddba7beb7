import { createHmac, timingSafeEqual } from 'node:crypto'
import { Jid } from '../../jid/jid.ts'

export type TokenKind = 'access' | 'refresh' | 'provision'

/** What a token says. */
export interface TokenContent {
  readonly kind: TokenKind
  /** The bare address of its owner. */
  readonly owner: Jid
  /** The moment from which it does not count any more, in seconds since the epoch. */
  readonly expires: number
  /** Of refresh tokens: the owner's counter when it was made. */
  readonly sequence?: number
  /** Of provision tokens: a vCard as text. */
  readonly card?: string
}

/** Seconds from the year 0 to 1970: times are written in Gregorian seconds. */
const gregorianOffset = 62_167_219_200
const decimal = /^\d{1,15}$/

function macOf(key: Uint8Array, body: Uint8Array): Buffer {
  return Buffer.from(createHmac('sha384', key).update(body).digest('hex'))
}

/** Writes and signs a token: its fields and the signature, with a zero byte between each two. */
export function signToken({ kind, owner, expires, sequence, card }: TokenContent, key: Uint8Array): Buffer {
  const fields = [kind, owner.bareString, String(expires + gregorianOffset)]
  if (sequence !== undefined) fields.push(String(sequence))
  if (card !== undefined) fields.push(card)
  const body = Buffer.from(fields.join('\0'))
  return Buffer.concat([body, Buffer.from([0]), macOf(key, body)])
}

/** Reads a token; undefined for what is none, or not signed by the key of its kind. */
export function readToken(token: Buffer, keyOf: (kind: TokenKind) => Uint8Array | undefined): TokenContent | undefined {
  const end = token.lastIndexOf(0)
  if (end < 0) return undefined
  const [body, mac] = [token.subarray(0, end), token.subarray(end + 1)]
  const kind = kindOf(body)
  const key = kind === undefined ? undefined : keyOf(kind)
  if (kind === undefined || key === undefined) return undefined
  const expected = macOf(key, body)
  if (expected.length !== mac.length || !timingSafeEqual(expected, mac)) return undefined
  return contentOf(kind, body.toString('utf8').split('\0'))
}

function kindOf(body: Buffer): TokenKind | undefined {
  const word = body.toString('latin1', 0, body.indexOf(0))
  return word === 'access' || word === 'refresh' || word === 'provision' ? word : undefined
}

function contentOf(kind: TokenKind, fields: readonly string[]): TokenContent | undefined {
  const [, jid = '', expiry = '', ...rest] = fields
  const owner = Jid.tryParse(jid)?.bare
  if (owner === undefined || owner.local === '' || !decimal.test(expiry)) return undefined
  const content = { kind, owner, expires: Number(expiry) - gregorianOffset }
  const [extra] = rest
  if (kind === 'access') return rest.length === 0 ? content : undefined
  if (extra === undefined || rest.length > 1) return undefined
  if (kind === 'provision') return { ...content, card: extra }
  return decimal.test(extra) ? { ...content, sequence: Number(extra) } : undefined
}
