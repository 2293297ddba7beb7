import type { Jid } from '../../jid/jid.ts'
import { storageForecast } from '../../router/events.ts'
import type { Host } from '../../router/host.ts'
import type { Router } from '../../router/router.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import type { Strategy } from './rules.ts'

const nowhere: Strategy = { deliver: ['none'], resource: undefined }

/** What may become of a message that is about to be sent on. */
export function strategyFor(router: Router, stanza: Stanza): Eventually<Strategy> {
  const { to } = stanza
  const host = to === undefined || to.local === '' ? undefined : router.hostOf(to.domain)
  if (to === undefined || host === undefined) return nowhere
  const keepers = host.hooks.gatherNow(storageForecast, { host, account: to.bare, stanza })
  return host.sessions.of(to).length > 0 ? present(host, to, keepers.includes('archive')) : absent(host, to, keepers)
}

function present(host: Host, to: Jid, isArchived: boolean): Strategy {
  const isThere = to.isFull && host.sessions.find(to) !== undefined
  return {
    deliver: isArchived ? ['direct', 'stored', 'none'] : ['direct', 'none'],
    resource: isThere ? 'exact' : 'other',
  }
}

function absent(host: Host, to: Jid, keepers: readonly unknown[]): Eventually<Strategy> {
  if (keepers.length === 0) return nowhere
  return afterwards(host.accounts.exists(to.bare), (exists) =>
    exists ? { deliver: ['stored', 'none'], resource: undefined } : nowhere,
  )
}
