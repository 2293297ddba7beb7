import { formatTimestamp, parseTimestamp } from '../../../stanza/delay.ts'
import { NS } from '../../../stanza/namespaces.ts'
import { parseElement } from '../../../xml/parse.ts'
import { anyJid, integer, optional, text, userJid } from '../argument.ts'
import { done, found, operation } from '../operation.ts'

/** A message of an archive, as `stanza.getLastMessages` shows it. */
interface Archived {
  readonly sender: string
  readonly timestamp: string
  readonly stanza: string
}

function shown({ sender, timestamp, stanza }: Archived) {
  const message = parseElement(stanza, NS.client)
  return {
    sender,
    timestamp: Math.floor((parseTimestamp(timestamp) ?? 0) / 1000),
    message_id: message.attr('id') ?? '',
    body: message.child('body')?.text() ?? '',
  }
}

/** The last moment that has a form in a timestamp of XMPP, in seconds. */
const lastSecond = 253_402_300_799

/** The most messages that MongooseIM 4.0 gave at once, and no more could be asked for. */
const mostMessages = 500

/** Messages. */
export const messageOperations = [
  operation({
    name: 'send_message',
    method: 'POST',
    paths: ['/messages'],
    about: 'Sends a chat message in the name of a user.',
    arguments: { caller: userJid('caller JID'), to: anyJid('recipient JID'), body: text('message body') },
    async run({ caller: from, to, body }, { run }) {
      // Whoever it is, the domain has to be ours.
      await run('account.checkUser', { user: from })
      await run('stanza.sendMessage', { from, to, body })
      return done
    },
  }),
  operation({
    name: 'get_last_messages',
    method: 'GET',
    paths: ['/messages/:caller/[:with]', '/messages'],
    about: 'Shows the last messages of an archive, oldest first: of everybody, or those with one.',
    arguments: {
      caller: userJid('caller JID'),
      with: optional(anyJid('interlocutor JID')),
      limit: optional(integer('limit', 1)),
      before: optional(integer('timestamp', 0, lastSecond)),
    },
    async run({ caller, with: peer, limit = 100, before }, { run, generation }) {
      if (generation === '4.0' && limit > mostMessages) return { status: 400, json: 'Invalid limit' }
      const input = {
        caller,
        with: peer,
        limit,
        ...(before !== undefined && { before: formatTimestamp(before * 1000) }),
      }
      const { stanzas } = await run<{ stanzas: Archived[] }>('stanza.getLastMessages', input)
      return found(stanzas.map(shown))
    },
  }),
]

/** Stanzas of any kind. */
export const stanzaOperations = [
  operation({
    name: 'send_stanza',
    method: 'POST',
    paths: ['/stanzas'],
    about: 'Sends a stanza in the name of the user who is its sender.',
    arguments: { stanza: text('stanza') },
    async run({ stanza }, { run }) {
      await run('stanza.sendStanza', { stanza })
      return done
    },
  }),
]
