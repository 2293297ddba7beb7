import type { JournalWriter, SpooledStanza } from './journal.ts'
import type { KeptStanza } from './kept-stanza.ts'
import type { FilingPart, SpoolPart } from './spool.ts'
import type { Statement } from './store.ts'

/** What a session has to write. */
export interface Collected {
  /** Stanzas received from the client. */
  readonly received: number
  /** What is to be kept for it. */
  readonly taken: readonly KeptStanza[]
  /** Instead of all that was kept before. */
  readonly replaces: boolean
}

/** The session, as its part knows it. */
export interface PartOwner {
  readonly id: string
  readonly isResumable: boolean
  readonly domain: string
  written(part: Collected): void
  notWritten(part: Collected): void
  filed(part: Filed): void
}

/** What moves from the journal to where it is looked for. */
export interface Filed {
  /** Stanzas received from the client. */
  readonly count: number
  /** Rows up to this number are of no use any more. */
  readonly removable: number | undefined
  readonly taken: readonly KeptStanza[]
}

/** What one session has to write at once. There is one for every few messages: no closures. */
export class SessionPart implements SpoolPart, Collected {
  readonly received: number
  readonly taken: readonly KeptStanza[]
  readonly replaces: boolean
  readonly statements: readonly Statement[]
  readonly #owner: PartOwner

  constructor(owner: PartOwner, { received, taken, replaces }: Collected, statements: readonly Statement[]) {
    this.#owner = owner
    this.received = received
    this.taken = taken
    this.replaces = replaces
    this.statements = statements
  }

  get domain(): string {
    return this.#owner.domain
  }

  journal(writer: JournalWriter): void {
    const { id, isResumable } = this.#owner
    if (this.replaces) writer.replace(id)
    if (isResumable) writer.count(id, this.received)
    for (const kept of this.taken) writer.stanza(kept.forJournal(id))
  }

  written(): void {
    this.#owner.written(this)
  }

  failed(): void {
    this.#owner.notWritten(this)
  }
}

/** What one session has to file. */
export class SessionFiling implements FilingPart {
  readonly statements: readonly Statement[]
  readonly #owner: PartOwner
  readonly #filed: Filed

  constructor(owner: PartOwner, filed: Filed, statements: readonly Statement[]) {
    this.#owner = owner
    this.#filed = filed
    this.statements = statements
  }

  get stanzas(): readonly SpooledStanza[] {
    return this.#filed.taken.map((kept) => kept.forRow(this.#owner.id))
  }

  written(): void {
    this.#owner.filed(this.#filed)
  }

  failed(): void {
    for (const kept of this.#filed.taken) kept.isFiled = false
  }
}
