import type { Asked } from '../admin/graphql/asked.ts'
import type { Caller } from '../admin/graphql/authorise.ts'
import { Jid } from '../jid/jid.ts'
import { CommandError } from '../module/command-error.ts'
import type { HttpExchange } from '../net/http-exchange.ts'
import { openListeningSession } from '../router/listening-session.ts'
import { formatTimestamp } from '../stanza/delay.ts'
import type { Stanza } from '../stanza/stanza.ts'
import { fromWire } from '../xml/wire.ts'
import { usualSessions } from './client-port.ts'
import type { ListenerParts } from './port.ts'

/** Whom a subscription tells. */
export interface Listener {
  /** Something has happened. */
  tell(event: unknown): void
  /** There is nothing more to come. */
  end(): void
}

export type FeedParts = Pick<ListenerParts, 'clock' | 'router' | 'tap'>

/** Opens what a subscription asks for; the function returned closes it. Throws CommandError. */
export function openFeed(
  { operation, args }: Asked,
  { caller, remote, ...listener }: Listener & { readonly caller: Caller } & Pick<HttpExchange, 'remote'>,
  parts: FeedParts,
): Promise<() => Promise<void>> {
  if (operation?.name === 'stanza.subscribeForTraffic') return traffic(args['limit'], listener, parts)
  const jid = caller.is === 'user' ? caller.jid : Jid.parse(String(args['caller'])).bare
  return messages(jid, { remote, ...listener }, parts)
}

/** The messages that an account gets. */
async function messages(
  user: Jid,
  { remote, tell, end }: Listener & Pick<HttpExchange, 'remote'>,
  { router, clock }: FeedParts,
): Promise<() => Promise<void>> {
  const host = router.hostOf(user.domain)
  if (host === undefined || !(await host.accounts.exists(user))) {
    throw new CommandError('user_not_found', 'Given user does not exist', { jid: user.bareString })
  }
  const session = await openListeningSession({
    ...{ host, user, address: remote.address, port: remote.port, connection: 'sse' },
    maxSessions: host.access.limit('max_user_sessions', user, user.domain, usualSessions),
    hears(stanza) {
      if (isShown(stanza)) tell(shown(stanza, clock.now()))
    },
    ended: end,
  })
  return () => session.close()
}

function isShown({ kind, type }: Stanza): boolean {
  return kind === 'message' && (type === 'chat' || type === 'groupchat')
}

function shown(stanza: Stanza, now: number): object {
  return {
    sender: stanza.from?.full ?? null,
    timestamp: formatTimestamp(now),
    stanza_id: stanza.id ?? null,
    stanza: fromWire(stanza.toWire('framed')),
  }
}

const directions = { in: 'client_to_server', out: 'server_to_client' } as const

/** What all sessions send and are sent, or the first of it. */
async function traffic(
  limit: unknown,
  { tell, end }: Listener,
  { tap, clock }: FeedParts,
): Promise<() => Promise<void>> {
  let left = typeof limit === 'number' ? limit : Number.POSITIVE_INFINITY
  const close = tap.lookAtAll(({ jid, direction, text }) => {
    if (left <= 0) return
    tell({ pid: null, jid, timestamp: formatTimestamp(clock.now()), dir: directions[direction], stanza: text })
    left--
    if (left <= 0) end()
  })
  return async () => close()
}
