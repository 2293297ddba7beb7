import type { Logger } from '../observe/logger.ts'

type GiveBack = () => Promise<unknown> | unknown

/** What a server has opened, to be given back last first. */
export class Opened {
  readonly #all: GiveBack[] = []

  push(...giveBacks: GiveBack[]): void {
    this.#all.push(...giveBacks)
  }

  /** Gives everything back; what fails keeps nothing else from it. */
  async giveBack(log: Logger): Promise<void> {
    for (const giveBack of this.#all.splice(0).reverse()) {
      try {
        await giveBack()
      } catch (error) {
        log.error({ what: 'stop_failed', reason: error })
      }
    }
  }
}
