import type { Stanza } from '../stanza/stanza.ts'
import type { Ticket } from '../stanza/ticket.ts'

/** Accounts for every stanza of one session, both ways, and keeps the session when its connection is lost (XEP-0198). */
export interface SessionKeeper {
  /** Whether the session waits for another connection when its own is lost, and goes on after a restart. */
  readonly isResumable: boolean
  /** Counts a stanza that has come; who handles it tells the ticket, where there is one. */
  count(): Ticket | undefined
  /** Throws StorageUnavailable while a message could not be kept for the client. */
  mustAccept(): void
  /** Takes a stanza for the client. Never fails. */
  deliver(stanza: Stanza): void
  /** Something has changed that goes on after a restart. */
  changed(): void
  /** The server stops: settles when everything is on disk. */
  suspend(): Promise<void>
}
