import { StanzaError } from '../../stanza/stanza-error.ts'

/** Largest number that clients may name: ids have 63 bits. */
const largest = 2n ** 63n - 1n
/** No message has a greater id than this one, nor will have. */
export const noLaterId = Number.MAX_SAFE_INTEGER

/** Reads an id. What no message can have becomes {@link noLaterId}. Throws `not-acceptable` for what is no id. */
export function parseMessageId(text: string): number {
  if (!/^[0-9A-Va-v]{1,20}$/.test(text)) throw malformed()
  const short = Number.parseInt(text, 32)
  if (short < noLaterId) return short
  let value = 0n
  for (const digit of text) value = value * 32n + BigInt(Number.parseInt(digit, 32))
  if (value > largest) throw malformed()
  return noLaterId
}

function malformed(): StanzaError {
  return new StanzaError('not-acceptable', { text: 'Invalid stanza ID provided' })
}
