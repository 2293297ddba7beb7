import type { Stanza } from '../stanza/stanza.ts'
import type { Session } from './session.ts'
import type { SessionKeeper } from './session-keeper.ts'

/** Tells other nodes what changes of a session; its stanzas are accounted for by nobody. */
export class NodeKeeper implements SessionKeeper {
  readonly isResumable = false
  readonly #session: Session
  readonly #tell: (session: Session) => void

  constructor(session: Session, tell: (session: Session) => void) {
    this.#session = session
    this.#tell = tell
  }

  count(): undefined {}

  mustAccept(): void {}

  deliver(stanza: Stanza): void {
    const { link } = this.#session
    link.send(stanza.toWire(link.form), stanza)
  }

  changed(): void {
    this.#tell(this.#session)
  }

  async suspend(): Promise<void> {}
}
