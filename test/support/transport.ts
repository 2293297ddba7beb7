import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import type { Inbox } from './inbox.ts'
import { parseFrame, StreamReader } from './xml.ts'

/** How a client reaches the server: TCP with STARTTLS, TLS from the first byte, WebSocket, or HTTP requests. */
export type TransportKind = 'tcp' | 'tls' | 'ws' | 'bosh'

/** Carries text to the server and puts what comes back into an inbox. */
export interface Transport {
  readonly kind: TransportKind
  /** Everything received so far, as it stood on the wire. */
  readonly received: string
  readonly isClosed: boolean
  send(data: string | Uint8Array): void
  /** The next bytes are a new stream. */
  restart(): void
  destroy(): void
}

/** A byte stream. Certificates are not checked: the servers under test sign their own. */
export class StreamTransport implements Transport {
  readonly kind: 'tcp' | 'tls'
  received = ''
  isClosed = false
  #socket: Socket
  #reader: StreamReader
  #decoder = new TextDecoder('utf-8', { fatal: true })
  readonly #inbox: Inbox

  constructor(kind: 'tcp' | 'tls', socket: Socket, inbox: Inbox) {
    this.kind = kind
    this.#socket = socket
    this.#inbox = inbox
    this.#reader = this.#newReader()
    this.#listen(socket)
  }

  static async open(port: number, host: string, inbox: Inbox): Promise<StreamTransport> {
    const socket = connect({ port, host, noDelay: true })
    await settled(socket, 'connect')
    return new StreamTransport('tcp', socket, inbox)
  }

  static async openTls(options: ConnectionOptions, inbox: Inbox): Promise<StreamTransport> {
    const socket = connectTls({ rejectUnauthorized: false, ALPNProtocols: ['xmpp-client'], ...options })
    await settled(socket, 'secureConnect')
    socket.setNoDelay(true)
    return new StreamTransport('tls', socket, inbox)
  }

  get tls(): TLSSocket | undefined {
    return 'getProtocol' in this.#socket ? (this.#socket as TLSSocket) : undefined
  }

  send(data: string | Uint8Array): void {
    this.#socket.write(data)
  }

  restart(): void {
    this.#reader = this.#newReader()
    this.#decoder = new TextDecoder('utf-8', { fatal: true })
  }

  /** Speaks TLS from here on. Rejects when the handshake fails. */
  async secure(options: ConnectionOptions): Promise<void> {
    const plain = this.#socket
    plain.removeAllListeners('data')
    plain.removeAllListeners('close')
    const socket = connectTls({ rejectUnauthorized: false, ...options, socket: plain })
    await settled(socket, 'secureConnect')
    this.#socket = socket
    this.restart()
    this.#listen(socket)
  }

  /** Says that nothing more will be sent, and goes on reading. */
  halfClose(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes) => this.#read(bytes))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
      this.#inbox.add({ kind: 'closed' })
    })
  }

  #read(bytes: Uint8Array): void {
    try {
      const text = this.#decoder.decode(bytes, { stream: true })
      this.received += text
      this.#reader.push(text)
    } catch (error) {
      this.#inbox.add({ kind: 'broken', error: error as Error })
    }
  }

  #newReader(): StreamReader {
    const inbox = this.#inbox
    return new StreamReader({
      header: (header) => inbox.add({ kind: 'header', header }),
      element: (element) => inbox.add({ kind: 'element', element }),
      end: () => inbox.add({ kind: 'end' }),
      broken: (error) => inbox.add({ kind: 'broken', error }),
    })
  }
}

const framing = 'urn:ietf:params:xml:ns:xmpp-framing'

/** RFC 7395: every message is one element. */
export class FrameTransport implements Transport {
  readonly kind = 'ws'
  received = ''
  isClosed = false
  readonly frames: string[] = []
  readonly #socket: WebSocket

  constructor(socket: WebSocket, inbox: Inbox) {
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('message', (data, isBinary) => {
      const text = String(data)
      this.received += text
      this.frames.push(text)
      if (isBinary) inbox.add({ kind: 'broken', error: new Error('a binary message') })
      else this.#read(text, inbox)
    })
    socket.on('close', (code) => {
      this.isClosed = true
      inbox.add({ kind: 'closed', code })
    })
  }

  static async open(url: string, inbox: Inbox, protocols: string[] = ['xmpp']): Promise<FrameTransport> {
    const socket = new WebSocket(url, protocols, { rejectUnauthorized: false })
    const transport = new FrameTransport(socket, inbox)
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    return transport
  }

  get protocol(): string {
    return this.#socket.protocol
  }

  send(data: string | Uint8Array): void {
    this.#socket.send(data)
  }

  restart(): void {}

  destroy(): void {
    this.#socket.terminate()
  }

  #read(text: string, inbox: Inbox): void {
    try {
      const element = parseFrame(text)
      if (element.ns === framing && element.name === 'open') inbox.add({ kind: 'header', header: element })
      else if (element.ns === framing && element.name === 'close') inbox.add({ kind: 'end' })
      else inbox.add({ kind: 'element', element })
    } catch (error) {
      inbox.add({ kind: 'broken', error: error as Error })
    }
  }
}

function settled(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed')))
  })
}
