import type { Asked } from '../admin/graphql/asked.ts'
import type { Caller } from '../admin/graphql/authorise.ts'
import { EventClient, type EventService } from '../edges/event-client.ts'
import { Jid } from '../jid/jid.ts'
import { CommandError } from '../module/command-error.ts'
import type { EventStream } from '../net/event-stream.ts'
import type { HttpExchange } from '../net/http-exchange.ts'
import { formatTimestamp } from '../stanza/delay.ts'
import type { Stanza } from '../stanza/stanza.ts'
import { StanzaError } from '../stanza/stanza-error.ts'
import { fromWire } from '../xml/wire.ts'
import type { ListenerParts } from './port.ts'

/** What a subscription is about. */
export interface Feed {
  /** From now on it goes there. */
  begin(stream: EventStream): void
  /** Nobody listens any more. */
  close(): void
}

export type FeedParts = Pick<ListenerParts, 'clock' | 'router' | 'tap'> & { readonly events: EventService }

/** Who listens, and what is sent to whom of something that has happened. */
export interface FeedReader extends Pick<HttpExchange, 'remote'> {
  readonly caller: Caller
  answerTo(event: object): unknown
}

/** Opens what a subscription asks for. Throws CommandError. */
export async function openFeed({ operation, args }: Asked, reader: FeedReader, parts: FeedParts): Promise<Feed> {
  if (operation?.name === 'stanza.subscribeForTraffic') return traffic(args['limit'], reader, parts)
  const { caller } = reader
  return messages(caller.is === 'user' ? caller.jid : Jid.parse(String(args['caller'])).bare, reader, parts)
}

/** The messages that an account gets. */
async function messages(user: Jid, { remote, answerTo }: FeedReader, parts: FeedParts): Promise<Feed> {
  const host = parts.router.hostOf(user.domain)
  if (user.local === '' || host === undefined || !(await host.accounts.exists(user))) {
    throw new CommandError('user_not_found', 'Given user does not exist', { jid: user.bareString })
  }
  const show = (stanza: Stanza) =>
    isShown(stanza) ? [{ event: '', data: answerTo(shown(stanza, parts.clock.now())) }] : []
  const client = await openClient(parts.events, { user, remote, show })
  return {
    // Events of subscriptions have no names.
    begin: (stream) =>
      client.begin({
        get bufferedBytes() {
          return stream.bufferedBytes
        },
        send: (data) => stream.send(data),
        whenRead: () => stream.whenRead(),
        end: () => stream.end(),
      }),
    close: () => client.gone(),
  }
}

async function openClient(events: EventService, options: Parameters<typeof EventClient.open>[1]) {
  try {
    return await EventClient.open(events, options)
  } catch (cause) {
    if (!(cause instanceof StanzaError)) throw cause
    throw noSession(options.user, cause)
  }
}

function noSession(user: Jid, cause: StanzaError): CommandError {
  return new CommandError('not_allowed', 'The user may not have a session', { jid: user.bareString }, { cause })
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
function traffic(limit: unknown, { answerTo }: FeedReader, { tap, clock }: FeedParts): Feed {
  let left = typeof limit === 'number' ? limit : Number.POSITIVE_INFINITY
  let close = () => {}
  return {
    begin(stream) {
      close = tap.lookAtAll(({ jid, direction, text }) => {
        if (left <= 0) return
        left--
        const at = formatTimestamp(clock.now())
        stream.send(
          JSON.stringify(answerTo({ pid: null, jid, timestamp: at, dir: directions[direction], stanza: text })),
        )
        if (left <= 0) stream.end()
      })
      if (left <= 0) stream.end()
    },
    close: () => close(),
  }
}
