import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'

// `getPeerX509Certificate` is not for use: each call takes a certificate out of the chain that OpenSSL holds and frees it never, so
// that whoever connects could fill the memory with the issuers that they show.

/** The certificate of the other side, as DER. */
export function shownCertificate(socket: TLSSocket): Buffer | undefined {
  // An empty object stands for none.
  const shown: { readonly raw?: Buffer } | null = socket.getPeerCertificate()
  return shown?.raw
}

/** More certificates than anybody needs are not looked at. */
const maxChain = 16

/** The certificate of the other side and those of its issuers, as DER. */
export function shownChain(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = []
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  while (next?.raw !== undefined && chain.length < maxChain) {
    chain.push(next.raw)
    // One that has signed itself is its own issuer.
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate
  }
  return chain
}

/** The outcome of the certificate check, which Node's TLS socket has beyond its types. */
interface Checked {
  ssl?: { verifyError?: () => (Error & { code?: string }) | null } | null
}

/** What OpenSSL has against the certificate of the other side, which there must be; undefined where nothing. */
export function verifyProblem(socket: TLSSocket): string | undefined {
  const error = (socket as unknown as Checked).ssl?.verifyError?.()
  if (error === null) return undefined
  // No outcome is none that can be relied on.
  return error?.code ?? error?.message ?? 'UNSPECIFIED'
}
