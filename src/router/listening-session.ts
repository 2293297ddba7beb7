import type { Jid } from '../jid/jid.ts'
import type { Stanza } from '../stanza/stanza.ts'
import type { Wire } from '../xml/wire.ts'
import type { Host } from './host.ts'
import type { ClientLink, Session } from './session.ts'
import { openSession } from './session-opener.ts'

/** What somebody who only listens is told. */
export interface Listening {
  readonly host: Host
  /** Bare address of the account. */
  readonly user: Jid
  /** Where from. */
  readonly address: string
  readonly port: number
  /** Kind of connection, for operators. */
  readonly connection: string
  /** Most sessions that the account may have. */
  readonly maxSessions: number
  hears(stanza: Stanza): void
  /** The session is over, but not because {@link ListeningSession.close} was called. */
  ended(): void
}

/** An open one; `close` ends it, and does nothing the second time. */
export interface ListeningSession {
  readonly jid: Jid
  close(): Promise<void>
}

class ListeningLink implements ClientLink {
  readonly form = 'framed'
  readonly bufferedBytes = 0
  readonly #listening: Listening
  #isOpen = true

  constructor(listening: Listening) {
    this.#listening = listening
  }

  send(_text: Wire, stanza?: Stanza): void {
    if (this.#isOpen && stanza !== undefined) this.#listening.hears(stanza)
  }

  whenRead(): undefined {
    return undefined
  }

  close(): void {
    if (!this.#isOpen) return
    this.silence()
    this.#listening.ended()
  }

  silence(): void {
    this.#isOpen = false
  }
}

/** Opens a session that takes messages to the account, as one of priority 0, and of which nobody is told: it sends no presence. */
export async function openListeningSession(listening: Listening): Promise<ListeningSession> {
  const { host, user, address, port, connection, maxSessions } = listening
  const link = new ListeningLink(listening)
  const info = { address, port, connection, mechanism: '', streamId: '' }
  const prepare = (session: Session) => {
    session.priority = 0
  }
  const session = await openSession({ host, user, link, info, maxSessions, prepare })
  return {
    jid: session.jid,
    async close() {
      link.silence()
      await session.end({ kind: 'closed' })
    },
  }
}
