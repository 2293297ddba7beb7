import type { Socket } from 'node:net'
import { connect, type SecureContext, TLSSocket, type TLSSocketOptions } from 'node:tls'
import type { Clock } from '../util/clock.ts'
import type { PeerCertificate, TlsInfo } from './connection.ts'
import { shownCertificate, shownChain, verifyProblem } from './shown-certificate.ts'
import type { TlsContext } from './tls-context.ts'

/** How long a client may take for its handshake, waiting for a slot included, in milliseconds. */
export const handshakeLimit = 5_000

/**
 * Bounds how many handshakes run at once: each costs about a millisecond of CPU, and thousands at the same time would all
 * be too slow. The others wait in line.
 */
export class HandshakeSlots {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(max = 1_000) {
    this.#free = max
  }

  /** Calls `run` as soon as there is a slot. Returns what gives the slot, or the place in the line, back. */
  take(run: () => void): () => void {
    if (this.#free > 0) {
      this.#free--
      run()
      return once(() => this.#leave())
    }
    this.#waiting.add(run)
    return once(() => {
      if (!this.#waiting.delete(run)) this.#leave()
    })
  }

  #leave(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free++
    } else {
      this.#waiting.delete(next)
      next()
    }
  }
}

function once(run: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    run()
  }
}

/** A plain socket that is to become a TLS one. */
export interface Handshake {
  readonly plain: Socket
  readonly side: HandshakeSide
  readonly slots: HandshakeSlots
  readonly clock: Clock
}

/** What one side of a handshake does. */
export interface HandshakeSide {
  /** Begins it. */
  wrap(plain: Socket): TLSSocket
  /** Looks again at a certificate that is not trusted. `chain`: what was shown with it, itself first. Never rejects. */
  reconsider?(certificate: PeerCertificate, chain: () => readonly Buffer[]): Promise<PeerCertificate> | undefined
  /** The reason to refuse the other side, or undefined. */
  refusal(certificate: PeerCertificate | undefined): string | undefined
}

/** Who is connected to, and how. */
export interface ClientHandshake {
  readonly context: SecureContext
  /** The name asked for (SNI); none for an IP address. */
  readonly serverName: string | undefined
  readonly alpn: readonly string[]
}

/** The side that was connected to. */
export function serverSide(context: TlsContext): HandshakeSide {
  return {
    wrap(plain) {
      const socket = new TLSSocket(plain, optionsFor(context))
      if (context.logsKeys) socket.on('keylog', (line: Buffer) => context.logKeys(line))
      return socket
    },
    reconsider: (certificate, chain) => context.reconsider(certificate, chain),
    refusal: (certificate) => context.refusal(certificate),
  }
}

/** The side that has connected. Whether the certificate will do is asked for later, by who knows the name. */
export function clientSide({ context, serverName, alpn }: ClientHandshake): HandshakeSide {
  return {
    wrap: (plain) =>
      connect({
        socket: plain,
        secureContext: context,
        ...(serverName !== undefined && { servername: serverName }),
        ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
      }),
    refusal: () => undefined,
  }
}

/** What Node's TLS socket has beyond its types: the end of the handshake. */
interface TlsInternals {
  _releaseControl?: () => void
}

/**
 * Performs a handshake. Resolves with the socket that carries the plain text; rejects, with both sockets
 * destroyed, when the handshake fails or takes too long or the client's certificate is refused.
 */
export function shakeHands({ plain, side, slots, clock }: Handshake): Promise<{ socket: TLSSocket; info: TlsInfo }> {
  return new Promise((resolve, reject) => {
    let socket: TLSSocket | undefined
    const settle = once(() => {
      timer.cancel()
      release()
      plain.removeListener('close', onClose)
      socket?.removeListener('end', onClose)
    })
    const fail = (error: Error) => {
      settle()
      socket?.destroy()
      plain.destroy()
      reject(error)
    }
    const onClose = () => fail(new Error('Connection closed during the TLS handshake'))
    const succeed = (secured: TLSSocket, info: TlsInfo) => {
      const refusal = side.refusal(info.peerCertificate)
      if (refusal !== undefined) return fail(new Error(`Client certificate refused: ${refusal}`))
      settle()
      ;(secured as unknown as TlsInternals)._releaseControl?.()
      resolve({ socket: secured, info })
    }
    const timer = clock.after(handshakeLimit, () => fail(new Error('TLS handshake timed out')))
    plain.once('close', onClose)
    let release = () => {}
    release = slots.take(() => {
      const started = wrap(plain, side, fail)
      socket = started
      started.once('end', onClose)
      started.once('secure', () => {
        const info = describe(started)
        const again = reconsidered(started, side, info)
        if (again === undefined) succeed(started, info)
        else
          void again.then((peerCertificate) => {
            if (!started.destroyed) succeed(started, { ...info, peerCertificate })
          })
      })
    })
  })
}

function wrap(plain: Socket, side: HandshakeSide, fail: (error: Error) => void): TLSSocket {
  const socket = side.wrap(plain)
  socket.on('error', fail)
  socket.on('_tlsError', fail)
  return socket
}

function optionsFor(context: TlsContext): TLSSocketOptions {
  return {
    isServer: true,
    secureContext: context.main,
    requestCert: context.asksForCertificate,
    // Decided after the handshake, by the rules of the context.
    rejectUnauthorized: false,
    ...(context.alpn && { ALPNProtocols: [...context.alpn] }),
    ...(context.hasNames && {
      SNICallback: (name: string, done: (error: Error | null, chosen?: unknown) => void) =>
        done(null, context.forName(name)),
    }),
  } as TLSSocketOptions
}

function describe(socket: TLSSocket): TlsInfo {
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().name,
    serverName: (socket as unknown as { servername?: string | false }).servername || undefined,
    alpn: socket.alpnProtocol || undefined,
    peerCertificate: peerCertificate(socket),
  }
}

function peerCertificate(socket: TLSSocket): PeerCertificate | undefined {
  const raw = shownCertificate(socket)
  if (raw === undefined) return undefined
  const problem = verifyProblem(socket)
  return { raw, isTrusted: problem === undefined, problem }
}

function reconsidered(
  socket: TLSSocket,
  side: HandshakeSide,
  { peerCertificate: certificate }: TlsInfo,
): Promise<PeerCertificate> | undefined {
  if (certificate === undefined || certificate.isTrusted) return undefined
  return side.reconsider?.(certificate, () => shownChain(socket))
}
