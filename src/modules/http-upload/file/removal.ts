import type { BlobFolder } from '../../../storage/blob-folder.ts'
import type { FileParts } from './parts.ts'
import type { UploadStore } from './store.ts'

/** What has not been finished for so long never will be, in milliseconds. */
const longestUnfinished = 3_600_000

/**
 * Removes files and what is known of them: the file first, so that nothing lies there of which nobody knows. There may be no folder any
 * more where files go elsewhere by now.
 */
export async function removeFiles(
  which: Parameters<UploadStore['some']>[0],
  { store, folder }: { readonly store: UploadStore; readonly folder: BlobFolder | undefined },
): Promise<number> {
  let count = 0
  for (;;) {
    const tokens = await store.some(which)
    if (tokens.length === 0) return count
    for (const token of tokens) await folder?.remove(token)
    await store.forget(tokens)
    count += tokens.length
  }
}

/** Removes what is over; what goes wrong is logged, and tried again the next time. */
export class Sweeper {
  readonly #parts: FileParts
  #running: Promise<void> | undefined

  constructor(parts: FileParts) {
    this.#parts = parts
  }

  /** Resolves when it is done; does nothing more where it is being done. */
  sweep(): Promise<void> {
    this.#running ??= this.#sweep().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Resolves when nothing is being removed any more. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #sweep(): Promise<void> {
    const { folder, clock, log } = this.#parts
    try {
      const count = await removeFiles({ before: clock.now() }, this.#parts)
      if (count > 0) log.debug({ what: 'uploads_expired', count })
      await folder.removeUnfinished(clock.now() - longestUnfinished)
    } catch (error) {
      log.error({ what: 'uploads_not_removed', reason: error })
    }
  }
}
