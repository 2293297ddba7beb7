import { type Link, LinkFailure, type Reply, type Statement } from './link.ts'

/** Keeps somebody from waiting for ever: a batch that takes longer than `limit` milliseconds costs the connection. */
export function timed(link: Link, limit: number): Link {
  return new TimedLink(link, limit)
}

class TimedLink implements Link {
  readonly #link: Link
  readonly #limit: number

  constructor(link: Link, limit: number) {
    this.#link = link
    this.#limit = limit
  }

  get socket(): Link['socket'] {
    return this.#link.socket
  }

  get isLost(): boolean {
    return this.#link.isLost
  }

  get onLost(): () => void {
    return this.#link.onLost
  }

  set onLost(listener: () => void) {
    this.#link.onLost = listener
  }

  batch(statements: readonly Statement[]): Promise<Reply[]> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#link.destroy()
        reject(new LinkFailure('the database did not answer in time', { kind: 'trouble', code: 'MEERKAT_TIMEOUT' }))
      }, this.#limit)
      this.#link
        .batch(statements)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer))
    })
  }

  end(): Promise<void> {
    return this.#link.end()
  }

  destroy(): void {
    this.#link.destroy()
  }
}
