import { X509Certificate } from 'node:crypto'
import { domainToASCII } from 'node:url'
import { Jid } from '../jid/jid.ts'
import { readClientCertificate } from './client-certificate.ts'
import type { PeerCertificate } from './connection.ts'

/**
 * Whether a certificate is one of a domain: by a DNS name, in which a wildcard stands for the leftmost label, by a service name
 * for XMPP between servers, or by an XMPP address (RFC 6120 §13.7.1.2). Whether it is to be believed is another question.
 */
export function namesDomain(certificate: PeerCertificate, domain: string): boolean {
  const ascii = domainToASCII(domain)
  const { addresses, serviceNames } = readClientCertificate(certificate)
  if (addresses.some((address) => Jid.tryParse(address)?.full === domain)) return true
  if (ascii === '') return false
  if (serviceNames.some((name) => name.toLowerCase() === `_xmpp-server.${ascii}`)) return true
  return new X509Certificate(certificate.raw).checkHost(ascii, { partialWildcards: false }) !== undefined
}
