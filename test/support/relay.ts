import { connect, createServer, type Server, type Socket } from 'node:net'

/** A port that leads to a server, until its connections are cut; the server may come back elsewhere. */
export class Relay {
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #target: number | undefined

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
    server.on('connection', (socket) => this.#join(socket))
  }

  static open(): Promise<Relay> {
    const server = createServer()
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        resolve(new Relay(server, typeof address === 'object' ? (address?.port ?? 0) : 0))
      })
    })
  }

  /** Leads to this port from now on. */
  leadsTo(port: number): void {
    this.#target = port
  }

  /** Leaves the connections that there are, and lets nobody else through until it leads somewhere again. */
  holds(): void {
    this.#target = undefined
  }

  /** Ends every connection without a word; nobody gets through until it leads somewhere again. */
  cut(): void {
    this.holds()
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  close(): void {
    this.cut()
    this.#server.close()
  }

  #join(near: Socket): void {
    if (this.#target === undefined) {
      near.destroy()
      return
    }
    const far = connect({ host: '127.0.0.1', port: this.#target })
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }
}
