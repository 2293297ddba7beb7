import { EventClient, type EventClientOptions, type EventService } from '../../../edges/event-client.ts'
import type { Jid } from '../../../jid/jid.ts'
import type { CommandRunner } from '../../../module/command.ts'
import { CommandError } from '../../../module/command-error.ts'
import { EventStream } from '../../../net/event-stream.ts'
import type { ApiAnswer, ApiRequest } from '../../../net/http-api.ts'
import { HttpError } from '../../../net/http-exchange.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { eventsOf } from './message-view.ts'

/** A stream ends after so many milliseconds without an event; readers come back by themselves. */
const idleTimeout = 3_600_000

const type = 'text/event-stream'

/** The domain of the rooms of a user; '' where there are none. */
async function serviceFor(user: Jid, commands: CommandRunner): Promise<string> {
  try {
    return String(await commands.run('muc_light.findService', { domain: user.domain }))
  } catch (error) {
    if (error instanceof CommandError) return ''
    throw error
  }
}

async function openClient(service: EventService, options: EventClientOptions) {
  try {
    return await EventClient.open(service, options)
  } catch (cause) {
    throw cause instanceof StanzaError ? new HttpError(403, 'No session for you', {}, { cause }) : cause
  }
}

/** Answers with the messages that come for the user, until the reader leaves, as events. */
export async function streamMessages(
  request: ApiRequest<Jid>,
  service: EventService,
  commands: CommandRunner,
): Promise<ApiAnswer | undefined> {
  const { caller: user, remote } = request
  const { accept = '*/*' } = request.request.headers
  if (!/text\/event-stream|text\/\*|\*\/\*/i.test(accept)) throw new HttpError(406, `Only ${type} can be had here`)
  if (request.request.method === 'HEAD') return { status: 200, text: '', type }
  const rooms = await serviceFor(user, commands)
  const { clock, maxBufferedBytes: mostUnread, note } = service
  const show = (stanza: Stanza) => eventsOf(stanza, { now: clock.now(), service: rooms })
  const client = await openClient(service, { user, remote, show })
  const onOverflow = (bytes: number) => note({ what: 'client_does_not_read', address: remote.address, bytes })
  const stream = new EventStream(request, { clock, idleTimeout, mostUnread, onOverflow })
  client.begin(stream)
  await stream.closed
  client.gone()
  return undefined
}
