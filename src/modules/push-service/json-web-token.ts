import { type KeyObject, sign } from 'node:crypto'

const json = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Signs claims: with ES256 for a key of P-256, with RS256 for one of RSA (RFC 7515, RFC 7518 §3). */
export function signClaims(claims: object, key: KeyObject, header: Readonly<Record<string, string>> = {}): string {
  const alg = key.asymmetricKeyType === 'ec' ? 'ES256' : 'RS256'
  const text = `${json({ alg, typ: 'JWT', ...header })}.${json(claims)}`
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}
