import { sessionEnds, sessionOpens, userRegistered, userRemoved } from '../router/events.ts'
import type { Host } from '../router/host.ts'

/**
 * Accounts that live as long as their sessions: they begin, for the modules, before anything else happens in their first
 * session, and are removed when everything about their last one is done.
 */
export function watchPassingAccounts(host: Host): void {
  if (!host.accounts.hasPassingAccounts) return
  host.hooks.join(sessionOpens, 'early', {
    module: 'passing_accounts',
    handler: async ({ session }) => {
      const user = session.jid.bare
      if (await host.accounts.sessionOpened(user)) await host.hooks.run(userRegistered, { host, user })
    },
  })
  host.hooks.join(sessionEnds, 'late', {
    module: 'passing_accounts',
    handler: async ({ session }) => {
      const user = session.jid.bare
      if (await host.accounts.sessionEnded(user)) await host.hooks.run(userRemoved, { host, user })
    },
  })
}
