import type { Progress } from '../../module/command.ts'

const width = 30

/**
 * Shows how far a long command is: on a terminal a bar that is drawn over itself, elsewhere a line for each tenth.
 * Call `end` when the command is over.
 */
export class ProgressLine {
  readonly #write: (text: string) => void
  readonly #isTerminal: boolean
  #lastTenth = 0
  #isDrawn = false

  constructor(write: (text: string) => void, isTerminal: boolean) {
    this.#write = write
    this.#isTerminal = isTerminal
  }

  show({ done, total }: Progress): void {
    const share = total === 0 ? 1 : done / total
    const percent = Math.floor(share * 100)
    if (this.#isTerminal) {
      const filled = Math.round(share * width)
      this.#write(`\r[${'#'.repeat(filled)}${' '.repeat(width - filled)}] ${percent} %  ${done} of ${total}`)
      this.#isDrawn = true
      return
    }
    const tenth = Math.floor(share * 10)
    if (tenth === this.#lastTenth) return
    this.#lastTenth = tenth
    this.#write(`${done} of ${total} (${percent} %)\n`)
  }

  end(): void {
    if (this.#isDrawn) this.#write('\n')
    this.#isDrawn = false
  }
}
