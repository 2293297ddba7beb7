import { decodeBase64 } from '../sasl/base64.ts'
import { domainOf } from './domain-of.ts'

/**
 * The domain that a response of EXTERNAL names (XEP-0178 §4), that of the header where it names none; '' where it is none that
 * the header could have, undefined where the response is no Base64.
 */
export function identityIn(response: string, from: string | undefined): string | undefined {
  const told = response === '=' ? Buffer.alloc(0) : decodeBase64(response)
  if (told === undefined) return undefined
  const named = domainOf(told.length === 0 ? from : told.toString('utf8'))
  return named !== undefined && (from === undefined || domainOf(from) === named) ? named : ''
}
