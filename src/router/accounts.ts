import type { Jid } from '../jid/jid.ts'
import { StreamError } from '../stanza/stream-error.ts'
import { passwordChanged, userRegistered, userRemoved } from './events.ts'
import type { Host } from './host.ts'
import type { Session } from './session.ts'

/** Makes an account and tells the modules. False when the name is taken. Throws what the authentication method throws. */
export async function registerAccount(host: Host, user: Jid, password: string): Promise<boolean> {
  if ((await host.accounts.register(user, password)) === 'exists') return false
  await host.hooks.run(userRegistered, { host, user })
  return true
}

/** Gives an account another password and tells the modules. False where it cannot be. Throws what the authentication method throws. */
export async function changePassword(host: Host, user: Jid, password: string): Promise<boolean> {
  if (!(await host.accounts.setPassword(user, password))) return false
  await host.hooks.run(passwordChanged, { host, user })
  return true
}

/**
 * Removes an account: its sessions end, each module drops what it keeps, then the credentials go, so that an interrupted
 * removal can be repeated. The streams are closed last: who sees them close may register the name again.
 * False when there was no such account.
 */
export async function removeAccount(host: Host, user: Jid): Promise<boolean> {
  const before = await endSessions(host, user)
  await host.hooks.run(userRemoved, { host, user })
  const wasThere = await host.accounts.remove(user)
  const since = await endSessions(host, user)
  for (const session of [...before, ...since]) session.link.close(new StreamError('not-authorized', removed))
  return wasThere
}

const removed = 'User removed'

/** Ends the sessions of an account, whose connections stay until they are closed. */
async function endSessions(host: Host, user: Jid): Promise<readonly Session[]> {
  const sessions = host.sessions.of(user)
  for (const session of sessions) await session.end({ kind: 'removed', status: removed })
  return sessions
}
