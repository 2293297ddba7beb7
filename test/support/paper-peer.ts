import type { AddressInfo } from 'node:net'
import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { connect as secure } from 'node:tls'

/** One end of a connection between servers, which says what a test has it say. */
export class PaperPeer {
  #socket: Socket
  #heard = ''
  #isOver = false
  #waiting: (() => void)[] = []

  constructor(socket: Socket) {
    this.#socket = socket
    this.#listen()
  }

  /** Connects to a server. */
  static connect(port: number): Promise<PaperPeer> {
    return new Promise((resolve, reject) => {
      const socket = dial(port, '127.0.0.1', () => resolve(new PaperPeer(socket)))
      socket.once('error', reject)
    })
  }

  says(text: string): void {
    this.#socket.write(text)
  }

  /** Opens a stream as a server of one domain to one of another. */
  opens(from: string, to: string): void {
    this.says(
      `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams' from='${from}' to='${to}' version='1.0'>`,
    )
  }

  /** Answers the header of another server: with its features, if it gets any. */
  answers(from: string, to: string, id: string, features?: string): void {
    const more = features === undefined ? '' : `<stream:features>${features}</stream:features>`
    this.says(
      `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams' from='${from}' to='${to}' id='${id}'${features === undefined ? '' : " version='1.0'"}>${more}`,
    )
  }

  /** What has come and was not waited for yet. */
  get heard(): string {
    return this.#heard
  }

  /** All that has come up to this text, which is waited for. */
  async hears(text: string): Promise<string> {
    for (;;) {
      const at = this.#heard.indexOf(text)
      if (at >= 0) {
        const heard = this.#heard.slice(0, at + text.length)
        this.#heard = this.#heard.slice(at + text.length)
        return heard
      }
      if (this.#isOver) throw new Error(`${text} was not said, but ${this.#heard}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** Whatever comes until the connection ends. */
  async hearsEnd(): Promise<string> {
    while (!this.#isOver) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.#heard
  }

  /** Begins TLS as the one who has connected, after `<proceed/>`. */
  async startTls(options: { readonly cert?: string; readonly key?: string } = {}): Promise<void> {
    this.#socket.removeAllListeners('data')
    const plain = this.#socket
    await new Promise<void>((resolve, reject) => {
      const socket = secure({ socket: plain, rejectUnauthorized: false, ...options }, resolve)
      socket.once('error', reject)
      this.#socket = socket
    })
    this.#listen()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #listen(): void {
    this.#socket.on('data', (bytes) => {
      this.#heard += bytes
      this.#wake()
    })
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      this.#isOver = true
      this.#wake()
    })
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

/** A server that says what a test has it say. */
export class PaperServer {
  readonly #server: Server
  readonly #peers: PaperPeer[] = []
  readonly #fresh: PaperPeer[] = []
  #waiting: (() => void)[] = []
  /** How many have connected. */
  connections = 0

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<PaperServer> {
    const server = createServer()
    const made = new PaperServer(server)
    server.on('connection', (socket) => {
      const peer = new PaperPeer(socket)
      made.connections++
      made.#peers.push(peer)
      made.#fresh.push(peer)
      for (const wake of made.#waiting.splice(0)) wake()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return made
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The next one who connects. */
  async accepts(): Promise<PaperPeer> {
    for (;;) {
      const peer = this.#fresh.shift()
      if (peer !== undefined) return peer
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  async stop(): Promise<void> {
    for (const peer of this.#peers) peer.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
