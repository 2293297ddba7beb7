import type { Jid } from '../jid/jid.ts'
import { StreamError } from '../stanza/stream-error.ts'
import { userRegistered, userRemoved } from './events.ts'
import type { Host } from './host.ts'

/** Makes an account and tells the modules. False when the name is taken. Throws what the authentication method throws. */
export async function registerAccount(host: Host, user: Jid, password: string): Promise<boolean> {
  if ((await host.accounts.register(user, password)) === 'exists') return false
  await host.hooks.run(userRegistered, { host, user })
  return true
}

/**
 * Removes an account: its sessions end, each module drops what it keeps, then the credentials go, so that an interrupted
 * removal can be repeated. False when there was no such account.
 */
export async function removeAccount(host: Host, user: Jid): Promise<boolean> {
  for (const session of host.sessions.of(user)) {
    const ended = session.end({ kind: 'removed', status: 'User removed' })
    session.link.close(new StreamError('not-authorized', 'User removed'))
    await ended
  }
  await host.hooks.run(userRemoved, { host, user })
  return host.accounts.remove(user)
}
