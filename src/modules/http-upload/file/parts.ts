import type { LimitReached } from '../../../observe/limits.ts'
import type { Logger } from '../../../observe/logger.ts'
import type { BlobFolder } from '../../../storage/blob-folder.ts'
import type { Database } from '../../../storage/database.ts'
import type { Clock } from '../../../util/clock.ts'
import type { FileOptions } from '../options.ts'
import type { UploadStore } from './store.ts'

/** What the parts of the store of files share. */
export interface FileParts {
  readonly db: Pick<Database, 'canAccept'>
  readonly store: UploadStore
  readonly folder: BlobFolder
  /** With which addresses are signed. */
  readonly key: Buffer
  readonly clock: Clock
  readonly log: Logger
  readonly limitReached: LimitReached
  /** The options as they are now. */
  limits(): FileOptions & { readonly token_bytes: number }
}
