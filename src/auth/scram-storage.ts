import { decodeBase64 } from '../protocol/sasl/base64.ts'
import { hashBytes, type ScramHash, type ScramKeys, scramHashes } from '../protocol/scram/keys.ts'

const multi = '==MULTI_SCRAM=='
const legacy = '==SCRAM=='

/** The mark of a hash inside `==MULTI_SCRAM==`: `===SHA1===` for one, `==SHA256==` for the others. */
function markOf(hash: ScramHash): string {
  return hash === 'SHA-1' ? '===SHA1===' : `==${hash.replace('-', '')}==`
}

/** Writes keys as MongooseIM writes them, all of one iteration count: `==MULTI_SCRAM==,ITER,==HASH==SALT|STORED|SERVER,…`. */
export function writeScram(keys: readonly ScramKeys[]): string {
  const iterations = keys[0]?.iterations ?? 0
  const ordered = scramHashes.flatMap((hash) => keys.filter((each) => each.hash === hash))
  const parts = ordered.map(({ hash, salt, storedKey, serverKey }) => {
    const fields = [salt, storedKey, serverKey].map((field) => field.toString('base64'))
    return `${markOf(hash)}${fields.join('|')}`
  })
  return [multi, iterations, ...parts].join(',')
}

/** Reads the keys of one hash, undefined where it is not among them. Throws when the text is none of the known formats. */
export function readScram(text: string, hash: ScramHash): ScramKeys | undefined {
  const parts = text.split(',')
  if (parts[0] === legacy) return hash === 'SHA-1' ? readLegacy(parts) : undefined
  if (parts[0] !== multi) throw new Error('stored credentials in an unknown format')
  const mark = markOf(hash)
  const part = parts.slice(2).find((each) => each.startsWith(mark))
  if (part === undefined) return undefined
  const [salt, storedKey, serverKey] = part.slice(mark.length).split('|')
  return keysOf(hash, { salt, storedKey, serverKey, iterations: parts[1] })
}

/** `==SCRAM==,STORED,SERVER,SALT,ITER`, of SHA-1. */
function readLegacy([, storedKey, serverKey, salt, iterations]: readonly string[]): ScramKeys {
  return keysOf('SHA-1', { salt, storedKey, serverKey, iterations })
}

interface Fields {
  salt: string | undefined
  storedKey: string | undefined
  serverKey: string | undefined
  iterations: string | undefined
}

function keysOf(hash: ScramHash, fields: Fields): ScramKeys {
  const iterations = Number(fields.iterations)
  const [salt, storedKey, serverKey] = [fields.salt, fields.storedKey, fields.serverKey].map((field) =>
    decodeBase64(field ?? ''),
  )
  const bytes = hashBytes(hash)
  const isWhole = salt !== undefined && storedKey?.length === bytes && serverKey?.length === bytes
  if (!isWhole || salt.length === 0 || !Number.isInteger(iterations) || iterations < 1) {
    throw new Error('damaged stored credentials')
  }
  return { hash, salt, storedKey, serverKey, iterations }
}
