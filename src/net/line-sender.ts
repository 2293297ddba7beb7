import { connect, type Socket } from 'node:net'
import { type Clock, systemClock } from '../util/clock.ts'

/** Where lines go. */
export interface LineTarget {
  readonly host: string
  readonly port: number
  /** Milliseconds that connecting may take. */
  readonly connectTimeout: number
  readonly clock?: Clock
}

/** Sends lines over a TCP connection, which it makes when there is something to send and keeps. */
export class LineSender {
  readonly #target: LineTarget
  #socket: Socket | undefined
  #isBusy = false

  constructor(target: LineTarget) {
    this.#target = target
  }

  /**
   * Sends lines. Rejects when they cannot be; the next ones go over a new connection. While earlier ones have not been taken by
   * the other side, these are lost, and the connection with them.
   */
  async send(lines: string): Promise<void> {
    if (this.#isBusy) {
      this.close()
      throw new Error('what was sent before has not been taken')
    }
    this.#isBusy = true
    try {
      const socket = this.#socket ?? (await this.#connect())
      await new Promise<void>((resolve, reject) => {
        socket.write(lines, (error) => (error == null ? resolve() : reject(error)))
      })
    } catch (error) {
      this.close()
      throw error
    } finally {
      this.#isBusy = false
    }
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #connect(): Promise<Socket> {
    const { host, port, connectTimeout, clock = systemClock } = this.#target
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port })
      this.#socket = socket
      const timer = clock.after(connectTimeout, () =>
        socket.destroy(new Error(`no connection within ${connectTimeout} ms`)),
      )
      let failure: Error | undefined
      socket.once('connect', () => {
        timer.cancel()
        resolve(socket)
      })
      socket.once('error', (error) => {
        failure = error
      })
      socket.once('close', () => {
        timer.cancel()
        if (this.#socket === socket) this.#socket = undefined
        reject(failure ?? new Error('the connection was closed'))
      })
      // Nothing is expected; what comes is not kept.
      socket.resume()
    })
  }
}
