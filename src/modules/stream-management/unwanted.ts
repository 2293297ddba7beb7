import type { Session } from '../../router/session.ts'
import type { KeptStanza } from './kept-stanza.ts'

/** What is kept of those who may not reach the session any more, as its user has blocked them while it was away (XEP-0191 §3.2). */
export async function unwantedBy(session: Session, items: readonly KeptStanza[]): Promise<ReadonlySet<KeptStanza>> {
  const unwanted = new Set<KeptStanza>()
  for (const kept of items) if (!(await isWanted(session, kept))) unwanted.add(kept)
  return unwanted
}

/** Where nobody can tell at the moment, it is: it was when it came, and its sender has been told that it arrived. */
async function isWanted(session: Session, kept: KeptStanza): Promise<boolean> {
  try {
    return await session.stillTakes(kept.toStanza())
  } catch {
    return true
  }
}
