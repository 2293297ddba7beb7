import { X509Certificate } from 'node:crypto'
import { Duplex } from 'node:stream'
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { shownCertificate, verifyProblem } from './shown-certificate.ts'

/** What certificates are checked against, as PEM texts. */
export interface Trust {
  /** Node's own authorities without it. */
  readonly ca?: string | undefined
  readonly crl?: readonly string[] | undefined
  /** OpenSSL cipher string: a `@SECLEVEL` in it holds for certificates too. */
  readonly ciphers?: string | undefined
}

const helloType = 2
const certificateType = 11
const helloDoneType = 14
const tls12 = 0x0303
/** `renegotiation_info`, without which OpenSSL talks with no server. */
const renegotiationInfo = Buffer.from('ff01000100', 'hex')
const suites = {
  ec: { id: 0xc02b, name: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
  rsa: { id: 0xc02f, name: 'ECDHE-RSA-AES128-GCM-SHA256' },
} as const

/** Context for such judgements. Throws where the texts cannot be used. */
export function judgingContext({ ca, crl, ciphers = '' }: Trust): SecureContext {
  const level = /@SECLEVEL=\d/.exec(ciphers)?.[0]
  return createSecureContext({
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    ciphers: [suites.ec.name, suites.rsa.name, ...(level === undefined ? [] : [level])].join(':'),
    ...(ca !== undefined && { ca }),
    ...(crl !== undefined && crl.length > 0 && { crl: [...crl] }),
  })
}

/**
 * What OpenSSL has against a certificate as that of a server; undefined where nothing. `chain`: DER, the certificate itself first.
 * Node checks whoever connects for the purpose of a client and has no call that checks for another one. So a TLS client of this
 * process is shown the chain as a server would show it, up to where the server would have to use its key. Who has the key is not
 * the question here: that must have been proven by a handshake of its own. Rejects where a certificate cannot be read.
 */
export async function problemAsServer(chain: readonly Buffer[], context: SecureContext): Promise<string | undefined> {
  const flight = serverFlight(chain)
  return await new Promise((resolve) => {
    let problem: string | undefined = 'UNSPECIFIED'
    const wire = new Duplex({
      read() {},
      // The first thing a client says is its hello, all at once.
      write(_hello, _encoding, done) {
        this.push(flight)
        done()
      },
    })
    const client: TLSSocket = connect({
      socket: wire,
      secureContext: context,
      // The outcome is read, not enforced; which domain is named is asked for elsewhere.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    })
    // It ends over the key exchange that is missing, when the chain has been looked at.
    client.once('error', () => {
      // Without a certificate that it has come to look at, Node must not even be asked for the outcome.
      const judged = shownCertificate(client)
      if (judged !== undefined && chain[0]?.equals(judged) === true) problem = verifyProblem(client)
    })
    client.once('close', () => {
      wire.destroy()
      resolve(problem)
    })
  })
}

/** What a server of TLS 1.2 says first, without the key exchange (RFC 5246 §7.4). */
function serverFlight(chain: readonly Buffer[]): Buffer {
  const [own] = chain
  const kind = own === undefined ? undefined : new X509Certificate(own).publicKey.asymmetricKeyType
  const suite = kind?.startsWith('rsa') === true ? suites.rsa : suites.ec
  const random = Buffer.alloc(32)
  const noSession = uint(1, 0)
  const noCompression = uint(1, 0)
  const messages = Buffer.concat([
    message(
      helloType,
      ...[uint(2, tls12), random, noSession, uint(2, suite.id), noCompression, vector(2, renegotiationInfo)],
    ),
    message(certificateType, vector(3, ...chain.map((certificate) => vector(3, certificate)))),
    message(helloDoneType),
  ])
  return records(messages)
}

/** The record layer, which takes 16 KiB at a time. */
function records(messages: Buffer): Buffer {
  const most = 16_384
  const count = Math.ceil(messages.length / most)
  const pieces = Array.from({ length: count }, (_, i) => messages.subarray(i * most, (i + 1) * most))
  return Buffer.concat(pieces.flatMap((piece) => [uint(1, 22), uint(2, tls12), vector(2, piece)]))
}

function message(type: number, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([uint(1, type), vector(3, ...parts)])
}

/** Content behind its length of so many bytes. */
function vector(size: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([uint(size, content.length), content])
}

function uint(size: number, value: number): Buffer {
  const bytes = Buffer.alloc(size)
  bytes.writeUIntBE(value, 0, size)
  return bytes
}
