import type { Jid } from '../jid/jid.ts'
import { StanzaError } from '../stanza/stanza-error.ts'
import { StreamError } from '../stanza/stream-error.ts'
import { randomId } from '../util/random-id.ts'
import { sessionOpens } from './events.ts'
import type { Host } from './host.ts'
import { type ClientLink, Session, type SessionInfo } from './session.ts'

export interface OpenRequest {
  readonly host: Host
  /** The bare address that was authenticated. */
  readonly user: Jid
  /** The resource asked for; absent or empty: one of the server's making. */
  readonly resource?: string | undefined
  readonly link: ClientLink
  readonly info: SessionInfo
  /** Most sessions that the account may have (`max_user_sessions`). */
  readonly maxSessions: number
  /** Prepares the session before anybody can see it. */
  prepare?(session: Session): void
}

/**
 * Binds a resource (RFC 6120 §7). The newer session wins a conflict: it is in the table before the older one is told.
 * Throws StanzaError `bad-request` for a resource that cannot be prepared.
 */
export async function openSession(request: OpenRequest): Promise<Session> {
  const { host, link, info } = request
  const jid = boundAddress(request)
  const older = host.sessions.of(jid)
  const session = new Session(host, jid, { link, info })
  request.prepare?.(session)
  const same = host.sessions.find(jid)
  if (same !== undefined) host.sessions.remove(same)
  host.sessions.add(session)
  if (same !== undefined) await replaceSession(same)
  const surplus = older
    .filter((other) => other !== same)
    .slice(0, Math.max(0, host.sessions.of(jid).length - request.maxSessions))
  for (const other of surplus) await replaceSession(other)
  await host.hooks.run(sessionOpens, { session })
  return session
}

function boundAddress({ user, resource }: OpenRequest): Jid {
  const name = resource === undefined || resource === '' ? randomId(9) : resource
  try {
    return user.withResource(name)
  } catch (cause) {
    throw new StanzaError('bad-request', { cause })
  }
}

/** Ends a session in favour of a newer one (RFC 6120 §7.7.2.2, third case). */
export async function replaceSession(session: Session): Promise<void> {
  const status = 'Replaced by new connection'
  const ended = session.end({ kind: 'replaced', status })
  session.link.close(new StreamError('conflict', status))
  const { clock, config } = session.host
  let timer = { cancel() {} }
  // Its end may hang on something slow; the new one does not wait for that for ever.
  const patience = new Promise<void>((resolve) => {
    timer = clock.after(config.general.replaced_wait_timeout, resolve)
  })
  await Promise.race([ended, patience])
  timer.cancel()
}
