import type { Socket } from 'node:net'
import type { PoolFigures } from '../database.ts'
import type { SqlDialect } from '../dialect.ts'
import type { Driver, Link, Role, Words } from './link.ts'

/** A driver whose connections are watched: what goes over them is counted. */
export class WatchedDriver implements Driver {
  readonly dialect: SqlDialect
  readonly words: Words
  readonly #driver: Driver
  readonly #open = new Set<Socket>()
  #closed = { received: 0, sent: 0 }
  #reads = 0
  #largestRead = 0
  #writes = 0
  #largestWrite = 0

  constructor(driver: Driver) {
    this.#driver = driver
    this.dialect = driver.dialect
    this.words = driver.words
  }

  async connect(role: Role): Promise<Link> {
    const link = await this.#driver.connect(role)
    this.#watch(link.socket)
    return link
  }

  learnSchema(link: Link): Promise<void> {
    return this.#driver.learnSchema(link)
  }

  /** What has gone over all connections so far. */
  get figures(): Omit<PoolFigures, 'waiting'> {
    const sum = (of: (socket: Socket) => number) => [...this.#open].reduce((total, socket) => total + of(socket), 0)
    return {
      connections: this.#open.size,
      received: this.#closed.received + sum((socket) => socket.bytesRead),
      reads: this.#reads,
      largestRead: this.#largestRead,
      sent: this.#closed.sent + sum((socket) => socket.bytesWritten),
      writes: this.#writes,
      largestWrite: this.#largestWrite,
      pending: sum((socket) => socket.writableLength),
    }
  }

  #watch(socket: Socket): void {
    this.#open.add(socket)
    socket.on('data', (chunk: Buffer) => {
      this.#reads++
      this.#largestRead = Math.max(this.#largestRead, chunk.length)
    })
    this.#countWrites(socket)
    socket.once('close', () => {
      if (!this.#open.delete(socket)) return
      this.#closed.received += socket.bytesRead
      this.#closed.sent += socket.bytesWritten
    })
  }

  /** A socket tells what it reads, and of what it writes only the sum. */
  #countWrites(socket: Socket): void {
    const write = socket.write.bind(socket) as (chunk: Uint8Array | string, ...rest: unknown[]) => boolean
    socket.write = (chunk: Uint8Array | string, ...rest: unknown[]) => {
      this.#writes++
      this.#largestWrite = Math.max(this.#largestWrite, chunk.length)
      return write(chunk, ...rest)
    }
  }
}
