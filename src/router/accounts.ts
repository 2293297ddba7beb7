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
export async function changePassword(host: Host, user: Jid, password: string, by?: Session): Promise<boolean> {
  if (!(await host.accounts.setPassword(user, password))) return false
  await host.hooks.run(passwordChanged, { host, user, by })
  return true
}

/**
 * Removes an account: its sessions end, each module drops what it keeps, then the credentials go, so that an interrupted
 * removal can be repeated. The streams are closed last: who sees them close may register the name again.
 * False when there was no such account. Throws RemovalIncomplete where a module could not drop what it keeps: the others have,
 * and the credentials stay, so that nobody registers the name and meets what is left, and the removal can be repeated.
 */
export async function removeAccount(host: Host, user: Jid): Promise<boolean> {
  const before = await endSessions(host, user)
  const failed: string[] = []
  await host.hooks.gather(userRemoved, { host, user }, (module) => failed.push(module))
  if (failed.length > 0) {
    closeStreams(before)
    throw new RemovalIncomplete(user, failed)
  }
  const wasThere = await host.accounts.remove(user)
  const since = await endSessions(host, user)
  closeStreams([...before, ...since])
  return wasThere
}

/** Modules could not drop what they keep of an account. */
export class RemovalIncomplete extends Error {
  override readonly name = 'RemovalIncomplete'
  readonly modules: readonly string[]

  constructor(user: Jid, modules: readonly string[]) {
    super(`${user.bareString} is not removed yet: ${[...new Set(modules)].join(', ')} failed; try again`)
    this.modules = [...new Set(modules)]
  }
}

function closeStreams(sessions: readonly Session[]): void {
  for (const session of sessions) session.link.close(new StreamError('not-authorized', removed))
}

const removed = 'User removed'

/** Ends the sessions of an account, whose connections stay until they are closed. */
async function endSessions(host: Host, user: Jid): Promise<readonly Session[]> {
  const sessions = host.sessions.of(user)
  for (const session of sessions) await session.end({ kind: 'removed', status: removed })
  return sessions
}
