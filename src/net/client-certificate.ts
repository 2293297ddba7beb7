import { X509Certificate } from 'node:crypto'
import type { ClientCertificate } from '../protocol/sasl/mechanism.ts'
import type { PeerCertificate } from './connection.ts'
import { type DerValue, readDer, readDerItems, readObjectId, Tag } from './der.ts'

const commonName = '2.5.4.3'
const subjectAltName = '2.5.29.17'
const xmppAddr = '1.3.6.1.5.5.7.8.5'
const srvName = '1.3.6.1.5.5.7.8.7'
/** Tag of the extensions in a certificate's body, and of an otherName (RFC 5280 §4.1, §4.2.1.6). */
const tagged3 = 0xa3
const tagged0 = 0xa0
const printableString = 0x13
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** What a client's certificate says about it. Parts that cannot be read are left out. */
export function readClientCertificate({ raw, isTrusted }: PeerCertificate): ClientCertificate & {
  /** Services of domains (`id-on-dnsSRV`, RFC 4985). */
  readonly serviceNames: readonly string[]
} {
  const body = attempt(() => bodyOf(raw)) ?? []
  return {
    raw,
    isVerified: isTrusted,
    commonName: attempt(() => commonNameOf(body)),
    addresses: attempt(() => otherNamesOf(body, xmppAddr)) ?? [],
    serviceNames: attempt(() => otherNamesOf(body, srvName)) ?? [],
  }
}

/** The certificates in a PEM text, as DER; what is none is passed over. */
export function readPemCertificates(text: string): Buffer[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.flatMap((block) => attempt(() => new X509Certificate(block).raw) ?? [])
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** The parts of what is signed: version (absent in the first), serial, algorithm, issuer, validity, subject, key, … */
function bodyOf(raw: Buffer): DerValue[] {
  const parts = readDerItems(readDer(readDer(raw).content).content)
  return parts[0]?.tag === tagged0 ? parts.slice(1) : parts
}

/** The last common name of the subject, which is the most particular one. */
function commonNameOf(body: readonly DerValue[]): string | undefined {
  const subject = body[4]
  if (subject === undefined) return undefined
  const names = readDerItems(subject.content)
    .flatMap((set) => readDerItems(set.content))
    .map((attribute) => readDerItems(attribute.content))
    .filter(([type]) => type?.tag === Tag.objectId && readObjectId(type.content) === commonName)
  const value = names.at(-1)?.[1]
  return value === undefined ? undefined : textOf(value)
}

function otherNamesOf(body: readonly DerValue[], kind: string): string[] {
  const list = body.find(({ tag }) => tag === tagged3)
  if (list === undefined) return []
  const extension = readDerItems(readDer(list.content).content)
    .map(({ content }) => readDerItems(content))
    .find(([id]) => id !== undefined && readObjectId(id.content) === subjectAltName)
  const value = extension?.at(-1)
  if (value?.tag !== Tag.octetString) return []
  return readDerItems(readDer(value.content).content)
    .filter(({ tag }) => tag === tagged0)
    .flatMap(({ content }) => attempt(() => otherNameOf(content, kind)) ?? [])
}

/** The text of an otherName; undefined where it is a name of another kind. */
function otherNameOf(otherName: Buffer, kind: string): string | undefined {
  const [id, value] = readDerItems(otherName)
  if (id?.tag !== Tag.objectId || readObjectId(id.content) !== kind || value?.tag !== tagged0) return undefined
  return textOf(readDer(value.content))
}

function textOf({ tag, content }: DerValue): string | undefined {
  if (tag === Tag.utf8String) return utf8.decode(content)
  // PrintableString and IA5String are ASCII.
  return tag === printableString || tag === Tag.ia5String ? content.toString('latin1') : undefined
}
