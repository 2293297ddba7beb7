import { access, appendFile, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KeyedMailbox } from '../util/mailbox.ts'

/** Appends to text files: one write after the other to each, whoever asks. Folders are made as needed. */
export class TextFiles {
  readonly #lanes = new KeyedMailbox('lane')

  /**
   * Appends what `text` gives once it is this write's turn; it is told whether the file is new. Resolves when it has been
   * handed to the operating system.
   */
  async append(file: string, text: (isNew: boolean) => string): Promise<void> {
    await this.#lanes.run(file, async () => {
      const isNew = !(await exists(file))
      if (isNew) await mkdir(dirname(file), { recursive: true })
      await appendFile(file, text(isNew))
    })
  }

  /** Appends to a file that is there, and does nothing where there is none. */
  async appendIfThere(file: string, text: string): Promise<void> {
    await this.#lanes.run(file, async () => {
      if (await exists(file)) await appendFile(file, text)
    })
  }

  /** Resolves when everything asked for so far has been written. */
  idle(): Promise<void> {
    return this.#lanes.idle()
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file)
    return true
  } catch {
    return false
  }
}
