import type { Jid } from '../../jid/jid.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import type { NewMessage } from './batch.ts'

/** A message to be archived. */
export interface NewEntryParts {
  /** Whose archive it is. */
  readonly owner: Jid
  /** Whom the message was exchanged with; in a room, the account of who sent it. */
  readonly remote: Jid
  /** The resource of that address; in a room, the nick. */
  readonly resource: string
  readonly flags: number
  /** The id that it has already. */
  readonly id?: number | undefined
  readonly stanza: Stanza
  /** Names the message where its sender may send it once more. */
  readonly origin?: string | undefined
  /** The same message in another archive: kept once, if it is the same and on its way to the disk still. */
  readonly shared?: NewMessage | undefined
}

/** Where a retraction has been archived. */
export interface RetractionPlace {
  readonly owner: Jid
  /** Whom it was exchanged with; in a room, who sent it. */
  readonly remote: Jid
  readonly flags: number
  readonly id: number
}

/** A message that has been put into an archive. */
export interface Appended {
  readonly id: number
  readonly message: NewMessage
  /** Resolves when it is on disk. */
  readonly written: Promise<void>
}
