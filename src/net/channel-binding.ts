import { createHash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { signatureHash } from './certificate-hash.ts'
import type { ChannelBindingType } from './connection.ts'

/**
 * Data that both ends of a TLS connection can compute and nobody in between can. Undefined when the type cannot be
 * used: `tls-exporter` needs TLS 1.3 (RFC 9266 §4.2 would allow 1.2 with the extended master secret, but Node does not
 * tell whether it was negotiated), `tls-server-end-point` a certificate whose signature names one hash (RFC 5929 §4.1).
 */
export function readChannelBinding(socket: TLSSocket, type: ChannelBindingType): Buffer | undefined {
  if (socket.destroyed) return undefined
  if (type === 'tls-exporter') {
    if (socket.getProtocol() !== 'TLSv1.3') return undefined
    return socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
  }
  const certificate = socket.getX509Certificate()
  return certificate === undefined ? undefined : endPointBinding(certificate.raw)
}

/** The `tls-server-end-point` data of a certificate (DER). */
export function endPointBinding(certificate: Buffer): Buffer | undefined {
  const hash = signatureHash(certificate)
  return hash === undefined ? undefined : createHash(hash).update(certificate).digest()
}
