import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { domainToASCII } from 'node:url'
import { der, derBitString, derInteger, derObjectId, derTime, Tag } from './der.ts'

/** What a certificate is to say. */
export interface CertificateRequest {
  /** XMPP domains, the main one first; Unicode or ASCII. A `*.` prefix is kept. */
  readonly domains: readonly string[]
  /** JIDs that the certificate stands for (client certificates, XEP-0178). */
  readonly addresses?: readonly string[] | undefined
  /** Days it is valid; 825 without it, which is as long as clients accept. */
  readonly days?: number | undefined
  /** Milliseconds since the epoch from which it is valid; give or take a day for clocks that are wrong. */
  readonly now: number
  /** PEM key to use; a new P-256 key without it. */
  readonly key?: string | undefined
}

/** PEM texts. */
export interface CertificatePair {
  readonly certificate: string
  readonly key: string
}

const oid = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  xmppAddr: '1.3.6.1.5.5.7.8.5',
  srvName: '1.3.6.1.5.5.7.8.7',
} as const

const day = 86_400_000
const services = ['_xmpp-client', '_xmpp-server']

/**
 * Makes a certificate signed by its own key (ECDSA P-256), so that a server can be tried out without any tool: X.509 v3
 * with every domain as dNSName, and as SRVName and xmppAddr where those are possible (RFC 6120 §13.7.1.2).
 */
export function makeSelfSigned(request: CertificateRequest): CertificatePair {
  const privateKey = request.key === undefined ? newKey() : createPrivateKey(request.key)
  const names = request.domains.map(asciiName)
  const publicKey = subjectPublicKey(privateKey)
  const algorithm = der(Tag.sequence, derObjectId(oid.ecdsaWithSha256))
  const name = distinguishedName(names[0] ?? request.addresses?.[0] ?? 'localhost')
  const from = new Date(request.now - day)
  const until = new Date(request.now + (request.days ?? 825) * day)
  const body = der(
    Tag.sequence,
    der(0xa0, derInteger(Buffer.from([2]))),
    derInteger(serialNumber()),
    algorithm,
    name,
    der(Tag.sequence, derTime(from), derTime(until)),
    name,
    publicKey,
    der(0xa3, extensions(names, request, publicKey)),
  )
  const signature = sign('sha256', body, privateKey)
  const certificate = der(Tag.sequence, body, algorithm, derBitString(signature))
  return {
    certificate: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** Writes both files, the key so that only its owner can read it. Existing files are replaced whole or not at all. */
export async function writeCertificate(
  pair: CertificatePair,
  files: { certfile: string; keyfile: string },
): Promise<void> {
  await replaceFile(files.keyfile, pair.key, 0o600)
  await replaceFile(files.certfile, pair.certificate, 0o644)
}

async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const temporary = `${file}.${randomBytes(4).toString('hex')}`
  await writeFile(temporary, text, { mode, flag: 'wx' })
  await rename(temporary, file)
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey
}

function subjectPublicKey(privateKey: KeyObject): Buffer {
  const { x = '', y = '', crv } = privateKey.export({ format: 'jwk' })
  if (crv !== 'P-256') throw new TypeError('The key must be on the curve P-256')
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
  const algorithm = der(Tag.sequence, derObjectId('1.2.840.10045.2.1'), derObjectId('1.2.840.10045.3.1.7'))
  return der(Tag.sequence, algorithm, derBitString(point))
}

/** Positive, random, never zero. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes
}

function asciiName(domain: string): string {
  const star = domain.startsWith('*.') ? '*.' : ''
  const ascii = domainToASCII(domain.slice(star.length))
  if (ascii === '') throw new TypeError(`Not a domain name: ${domain}`)
  return star + ascii
}

function distinguishedName(commonName: string): Buffer {
  // 64 characters is the limit of this field (RFC 5280, ub-common-name); the names that count are in the extension.
  const value = der(Tag.utf8String, Buffer.from([...commonName].slice(0, 64).join(''), 'utf8'))
  return der(Tag.sequence, der(Tag.set, der(Tag.sequence, derObjectId(oid.commonName), value)))
}

function extensions(names: readonly string[], request: CertificateRequest, publicKey: Buffer): Buffer {
  const keyId = createHash('sha1').update(publicKey).digest()
  const usage = [oid.serverAuth, oid.clientAuth].map(derObjectId)
  return der(
    Tag.sequence,
    // An authority for itself, so that it can be put into a client's list of trusted ones.
    extension(oid.basicConstraints, der(Tag.sequence, der(Tag.boolean, Buffer.from([0xff]))), true),
    // digitalSignature and keyCertSign.
    extension(oid.keyUsage, derBitString(Buffer.from([0x84]), 2), true),
    extension(oid.extendedKeyUsage, der(Tag.sequence, ...usage)),
    extension(oid.subjectKeyId, der(Tag.octetString, keyId)),
    extension(oid.subjectAltName, subjectAltNames(names, request)),
  )
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  const critical = isCritical ? [der(Tag.boolean, Buffer.from([0xff]))] : []
  return der(Tag.sequence, derObjectId(id), ...critical, der(Tag.octetString, value))
}

function subjectAltNames(names: readonly string[], request: CertificateRequest): Buffer {
  const exact = names.filter((name) => !name.startsWith('*.'))
  const unicode = request.domains.filter((name) => !name.startsWith('*.'))
  return der(
    Tag.sequence,
    ...names.map((name) => der(0x82, Buffer.from(name, 'latin1'))),
    ...exact.flatMap((name) =>
      services.map((service) =>
        otherName(oid.srvName, der(Tag.ia5String, Buffer.from(`${service}.${name}`, 'latin1'))),
      ),
    ),
    ...[...unicode, ...(request.addresses ?? [])].map((address) =>
      otherName(oid.xmppAddr, der(Tag.utf8String, Buffer.from(address, 'utf8'))),
    ),
  )
}

function otherName(id: string, value: Buffer): Buffer {
  return der(0xa0, derObjectId(id), der(0xa0, value))
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
