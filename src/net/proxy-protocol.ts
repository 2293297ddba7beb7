import { isIPv4, isIPv6 } from 'node:net'
import type { RemoteAddress } from './connection.ts'

/** The outcome of looking at the first bytes of a connection. */
export type ProxyHeader =
  | { readonly kind: 'more' }
  | { readonly kind: 'bad'; readonly why: string }
  /** `remote` is undefined for the proxy's own health checks (LOCAL, UNKNOWN): the connection is its own. */
  | { readonly kind: 'done'; readonly remote: RemoteAddress | undefined; readonly length: number }

const signature = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a])
const more: ProxyHeader = { kind: 'more' }
const longestV1 = 107
// Addresses and TLVs; the specification allows 64 KB, no proxy sends that much.
const longestV2 = 4_096

/**
 * Reads the header that HAProxy and its kin put before the bytes of a client (PROXY protocol, versions 1 and 2). `bytes` is
 * everything received so far.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  const compared = Math.min(bytes.length, signature.length)
  if (bytes.subarray(0, compared).equals(signature.subarray(0, compared))) {
    return bytes.length < 16 ? more : readBinary(bytes)
  }
  return readText(bytes)
}

function bad(why: string): ProxyHeader {
  return { kind: 'bad', why }
}

function readText(bytes: Buffer): ProxyHeader {
  const start = 'PROXY '
  const head = bytes.toString('latin1', 0, Math.min(bytes.length, longestV1))
  if (!head.startsWith(start.slice(0, head.length))) return bad('not a PROXY header')
  const end = head.indexOf('\r\n')
  if (end < 0) return bytes.length >= longestV1 ? bad('version 1 header too long') : more
  const [, family, source = '', target = '', sourcePort = '', targetPort = '', ...rest] = head.slice(0, end).split(' ')
  const length = end + 2
  if (family === 'UNKNOWN') return { kind: 'done', remote: undefined, length }
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : () => false
  const isGood = isAddress(source) && isAddress(target) && isPort(sourcePort) && isPort(targetPort) && rest.length === 0
  if (!isGood) return bad('version 1 header malformed')
  return { kind: 'done', remote: { address: source, port: Number(sourcePort) }, length }
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535
}

function readBinary(bytes: Buffer): ProxyHeader {
  const versionAndCommand = bytes.readUInt8(12)
  const family = bytes.readUInt8(13)
  const length = bytes.readUInt16BE(14)
  if (versionAndCommand >> 4 !== 2) return bad('unknown version')
  const command = versionAndCommand & 0x0f
  if (command > 1) return bad('unknown command')
  if (length > longestV2) return bad('version 2 header too long')
  if (bytes.length < 16 + length) return more
  if (command === 0) return { kind: 'done', remote: undefined, length: 16 + length }
  return readAddresses(family, bytes.subarray(16, 16 + length))
}

function readAddresses(family: number, block: Buffer): ProxyHeader {
  const length = 16 + block.length
  if (family === 0x00) return { kind: 'done', remote: undefined, length }
  if (family === 0x11 && block.length >= 12) {
    return {
      kind: 'done',
      remote: { address: [...block.subarray(0, 4)].join('.'), port: block.readUInt16BE(8) },
      length,
    }
  }
  if (family === 0x21 && block.length >= 36) {
    return { kind: 'done', remote: { address: ipv6Text(block.subarray(0, 16)), port: block.readUInt16BE(32) }, length }
  }
  return bad('address family not served or its block too short')
}

/** RFC 5952 form. */
function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  const mapped = /^0:0:0:0:0:ffff:/.test(groups.join(':'))
  if (mapped) return [...bytes.subarray(12)].join('.')
  const text = groups.join(':')
  const runs = text.match(/\b0(?::0)+\b/g) ?? []
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '')
  if (longest === '') return text
  const at = text.indexOf(longest)
  return `${text.slice(0, at).replace(/:$/, '')}::${text.slice(at + longest.length).replace(/^:/, '')}`
}
