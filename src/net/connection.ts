import type { Wire } from '../xml/wire.ts'
import type { TlsContext } from './tls-context.ts'

/** Where a peer connects from. */
export interface RemoteAddress {
  /** IPv4 or IPv6 text; an IPv4 address mapped into IPv6 is given as IPv4. Empty when the peer was gone at once. */
  readonly address: string
  readonly port: number
}

/** Channel binding types of RFC 9266 and RFC 5929. */
export type ChannelBindingType = 'tls-exporter' | 'tls-server-end-point'

/** The certificate a peer presented, and whether it may be believed. */
export interface PeerCertificate {
  /** DER. */
  readonly raw: Buffer
  /** True when the chain ends in a trusted authority (names are not compared here). */
  readonly isTrusted: boolean
  /** OpenSSL's code when it is not trusted, for example `DEPTH_ZERO_SELF_SIGNED_CERT`. */
  readonly problem: string | undefined
}

/** What a TLS handshake agreed on. */
export interface TlsInfo {
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly version: string
  readonly cipher: string
  /** Name the client asked for (SNI). */
  readonly serverName: string | undefined
  /** Protocol agreed by ALPN. */
  readonly alpn: string | undefined
  readonly peerCertificate: PeerCertificate | undefined
}

/** One accepted byte stream, TCP or TLS. Every method may be called in any state; a closed connection ignores them. */
export interface Connection {
  /** Queues text; everything queued within one turn of the event loop leaves as one write. */
  write(text: Wire): void
  /** Sends what is queued, then FIN. Nothing is delivered to the handler any more except `closed`. */
  end(): void
  /** Drops the connection and what is queued. */
  destroy(): void
  /**
   * Stops reading; the kernel's window then slows the peer down. On TLS, `data` may still be called with what had been
   * read of the network before.
   */
  pauseReading(): void
  resumeReading(): void
  /** Bytes queued here and not yet handed to the kernel. */
  readonly bufferedBytes: number
  readonly remote: RemoteAddress
  readonly isSecure: boolean
  /** What TLS agreed on; undefined on a plain connection. */
  readonly tls: TlsInfo | undefined
  /**
   * Server side of STARTTLS. What was written before leaves as plain text first; plain text that arrived with the
   * request is dropped and never reaches TLS (RFC 6120 §5.4.3.3). Rejects when the handshake fails, is too slow or the
   * peer's certificate is refused; the connection is destroyed then.
   */
  startTls(context: TlsContext): Promise<void>
  /** Channel binding data, or undefined when the type is not usable on this connection. */
  channelBinding(type: ChannelBindingType): Buffer | undefined
}

/** What a connection tells its user. An exception thrown here is reported and destroys the connection. */
export interface ConnectionHandler {
  /** Bytes arrived: the first `length` of `bytes`, which belongs to the caller again as soon as this returns. */
  data(bytes: Uint8Array, length: number): void
  /** After more than 16 KB had piled up, everything has been handed to the kernel again. */
  drained(): void
  /** The last call: nothing more can be read or written. */
  closed(error?: Error): void
}

/** One accepted WebSocket: frames instead of a stream of bytes. Every method may be called in any state. */
export interface FrameConnection {
  /** Queues one text frame; all frames of a turn leave as one write. */
  write(text: Wire): void
  /** Sends what is queued, then a close frame. 1000 without a code. */
  end(code?: number, reason?: string): void
  /** Drops the connection and what is queued. */
  destroy(): void
  /** From now on a frame may have so many bytes, where the endpoint has no lower limit. */
  limitFrames(bytes: number): void
  pauseReading(): void
  resumeReading(): void
  /** Bytes queued here and not yet handed to the kernel. */
  readonly bufferedBytes: number
  readonly remote: RemoteAddress
  readonly isSecure: boolean
  readonly tls: TlsInfo | undefined
}

/** What a WebSocket tells its user. An exception thrown here is reported and closes the connection. */
export interface FrameHandler {
  /** The content of one text frame: the first `length` of `bytes`, which may not be kept. */
  frame(bytes: Uint8Array, length: number): void
  /** A frame exceeds the limit. What is written from here still leaves, then the connection is closed with 1009. */
  tooLarge(): void
  drained(): void
  /** The last call. `error` is missing only when the closing handshake was done. */
  closed(error?: Error): void
}

/** Tells somebody what happened, as an event with fields. */
export type Report = (event: { what: string } & Record<string, unknown>) => void
