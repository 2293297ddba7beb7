import { type DerValue, readDer, readDerItems, readObjectId } from './der.ts'

// Signature algorithms (RFC 8017, RFC 5758, NIST CSOR) and their hash. MD5 and SHA-1 count as SHA-256 (RFC 5929 §4.1).
const hashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'sha256',
  '1.2.840.113549.1.1.5': 'sha256',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.113549.1.1.14': 'sha224',
  '1.2.840.10045.4.1': 'sha256',
  '1.2.840.10045.4.3.1': 'sha224',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.2.840.10040.4.3': 'sha256',
  '2.16.840.1.101.3.4.3.2': 'sha256',
  '2.16.840.1.101.3.4.3.10': 'sha3-256',
  '2.16.840.1.101.3.4.3.11': 'sha3-384',
  '2.16.840.1.101.3.4.3.12': 'sha3-512',
  '2.16.840.1.101.3.4.3.14': 'sha3-256',
  '2.16.840.1.101.3.4.3.15': 'sha3-384',
  '2.16.840.1.101.3.4.3.16': 'sha3-512',
}

const rsaPss = '1.2.840.113549.1.1.10'

// Hashes as RSA-PSS names them in its parameters.
const pssHashes: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha256',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
  '2.16.840.1.101.3.4.2.4': 'sha224',
}

/**
 * Name of the hash a certificate (DER) was signed with, as node:crypto spells it, MD5 and SHA-1 replaced by SHA-256.
 * Undefined when the signature has no hash of its own (Ed25519) or is unknown.
 */
export function signatureHash(certificate: Buffer): string | undefined {
  const algorithm = readDerItems(readDer(certificate).content)[1]
  const [id, parameters] = algorithm ? readDerItems(algorithm.content) : []
  if (id === undefined) return undefined
  const name = readObjectId(id.content)
  return name === rsaPss ? pssHash(parameters) : hashes[name]
}

function pssHash(parameters: DerValue | undefined): string | undefined {
  const explicit = parameters && readDerItems(parameters.content).find((item) => item.tag === 0xa0)
  // SHA-1 when it is not named (RFC 4055 §3.1).
  if (explicit === undefined) return 'sha256'
  const id = readDerItems(readDer(explicit.content).content)[0]
  return id && pssHashes[readObjectId(id.content)]
}
