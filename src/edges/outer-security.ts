import { readClientCertificate } from '../net/client-certificate.ts'
import type { FrameConnection } from '../net/connection.ts'
import type { ChannelSecurity } from '../protocol/sasl/mechanism.ts'

/** TLS ends in the HTTP listener, or before it: there is nothing to bind to (RFC 7395 §4). */
export function outerSecurity({ isSecure, tls }: Pick<FrameConnection, 'isSecure' | 'tls'>): ChannelSecurity {
  const shown = tls?.peerCertificate
  const clientCertificate = shown && readClientCertificate(shown)
  return { isSecure, clientCertificate, bindingTypes: [], channelBinding: () => undefined }
}
