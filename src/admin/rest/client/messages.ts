import { parseTimestamp } from '../../../stanza/delay.ts'
import { parseElement } from '../../../xml/parse.ts'
import { anyJid, integer, optional, text } from '../argument.ts'
import { found, type OperationContext, operation } from '../operation.ts'
import { archivedMessage, chatItem, type Message } from './message-view.ts'

/** Messages as commands give them. */
export interface ArchivedPage {
  readonly stanzas: readonly { readonly stanza: string; readonly stanza_id: string; readonly timestamp: string }[]
}

/** Latest moment that can be asked for: the end of the year 9999, in milliseconds. */
const latest = 253_402_300_799_999

/** Before which moment, in milliseconds since the epoch. */
export const before = optional(integer('before', 0))

/** Which messages are asked for, as commands take it. */
export function pageOf({ before: ms, ...rest }: { readonly before?: number | undefined; readonly limit: number }) {
  return ms === undefined ? rest : { ...rest, before: new Date(Math.min(ms, latest)).toISOString() }
}

/** The messages of an archive as items, oldest first. */
export function itemsOf<T>({ stanzas }: ArchivedPage, item: (message: Message, timestamp: number) => T): T[] {
  return stanzas.map(({ stanza, stanza_id, timestamp }) =>
    item(archivedMessage(parseElement(stanza), stanza_id), parseTimestamp(timestamp) ?? 0),
  )
}

interface Wanted {
  readonly with?: string
  readonly limit?: number | undefined
  readonly before?: number | undefined
}

async function read({ with: peer, limit = 50, before: ms }: Wanted, { run }: OperationContext) {
  if (limit === 0) return found([])
  const page = pageOf({ limit, before: ms })
  return found(itemsOf(await run<ArchivedPage>('stanza.getLastMessages', { ...page, with: peer }), chatItem))
}

const limit = optional(integer('limit', 0))

/** Messages between the user and others. */
export const messageOperations = [
  operation({
    name: 'get_messages',
    method: 'GET',
    paths: ['/messages'],
    about: 'The last messages that you have exchanged with anybody, oldest first.',
    arguments: { limit, before },
    run: read,
  }),
  operation({
    name: 'get_messages_with',
    method: 'GET',
    paths: ['/messages/:with'],
    about: 'The last messages that you have exchanged with somebody, oldest first.',
    arguments: { with: anyJid('JID'), limit, before },
    run: read,
  }),
  operation({
    name: 'send_message',
    method: 'POST',
    paths: ['/messages'],
    about: 'Sends a chat message.',
    arguments: { to: anyJid('recipient JID'), body: text('message body') },
    async run(input, { run }) {
      return found(await run('stanza.sendMessage', input))
    },
  }),
]
