import { sessionKey } from '../../router/keys.ts'
import type { Session } from '../../router/session.ts'
import type { Clock } from '../../util/clock.ts'
import { afterwards, type Eventually, letRun } from '../../util/settled.ts'
import { type HeldStanza, overdue } from './holding.ts'

/** Settles when everything is through that was begun for a session; undefined when it is. */
const underWay = sessionKey<Promise<void>>('csi.under_way')

/** Whether what was held is on its way yet, so that what comes next has to wait for its turn. */
export function isReleasing(session: Session): boolean {
  return session.get(underWay) !== undefined
}

/** Does something for a session when everything before it is through: at once, unless something of that had to wait. */
export function inTurn<T>(session: Session, work: () => Eventually<T>): Eventually<T> {
  const before = session.get(underWay)
  const outcome = before === undefined ? work() : before.then(work)
  if (!(outcome instanceof Promise)) return outcome
  const through = outcome.then(
    () => {},
    () => {},
  )
  session.set(underWay, through)
  void through.then(() => {
    if (session.get(underWay) === through) session.set(underWay, undefined)
  })
  return outcome
}

/**
 * Writes what was held, in its order, but for what the user does not want any more. A promise says that some of it has to wait
 * until rules have been read.
 */
export function release(session: Session, held: readonly HeldStanza[], clock: Clock): Promise<void> | undefined {
  for (const each of held) {
    const write = () => session.release(overdue(each, session.jid.domain, clock.now()))
    letRun(
      () =>
        inTurn(session, () =>
          afterwards(isWanted(session, each), (wanted): Eventually<void> => (wanted ? write() : undefined)),
        ),
      () => {},
    )
  }
  return session.get(underWay)
}

/** Where rules cannot be read: better one too many than one too few, as at a resumption. */
function isWanted(session: Session, { stanza }: HeldStanza): Eventually<boolean> {
  try {
    const answer = session.stillTakes(stanza)
    return answer instanceof Promise ? answer.catch(() => true) : answer
  } catch {
    return true
  }
}
