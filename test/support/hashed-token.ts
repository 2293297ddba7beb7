import { createHmac } from 'node:crypto'
import { type BindingType, channelBinding } from './sasl.ts'
import { type Sasl2Options, sendAuthenticate } from './sasl2.ts'
import type { RawStream } from './stream.ts'

export const fast = 'urn:xmpp:fast:0'

/** Node's names of the hash functions, by those in the mechanisms. */
const digests: Readonly<Record<string, string>> = {
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
  'SHA3-256': 'sha3-256',
  'SHA3-384': 'sha3-384',
  'SHA3-512': 'sha3-512',
}
const bindings: Readonly<Record<string, BindingType>> = { EXPR: 'tls-exporter', ENDP: 'tls-server-end-point' }

/** One side's proof that it knows a token (draft-schmaus-kitten-sasl-ht). */
export function tokenProof(
  stream: RawStream,
  mechanism: string,
  token: string,
  side: 'Initiator' | 'Responder',
): Buffer {
  const [, hash = '', suffix = ''] = /^HT-(.*)-(\w+)$/.exec(mechanism) ?? []
  const type = bindings[suffix]
  const hmac = createHmac(digests[hash.replace('SHA-3-', 'SHA3-')] ?? '', token).update(side)
  if (type !== undefined) {
    const { tls } = stream.bytes
    if (tls === undefined) throw new Error('TLS is off')
    hmac.update(channelBinding(tls, type))
  }
  return hmac.digest()
}

export interface TokenLogin extends Sasl2Options {
  readonly local: string
  readonly token: string
  readonly mechanism: string
  /** Attributes of `<fast/>`. */
  readonly fast?: string
}

/** Asks to be let in by a token. */
export function sendToken(stream: RawStream, login: TokenLogin): void {
  const { local, token, mechanism, fast: attributes = '', inline = '', ...options } = login
  const payload = Buffer.concat([Buffer.from(`${local}\0`), tokenProof(stream, mechanism, token, 'Initiator')])
  sendAuthenticate(stream, mechanism, payload, { ...options, inline: `<fast xmlns='${fast}' ${attributes}/>${inline}` })
}
