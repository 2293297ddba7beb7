import { address } from './parts.ts'
import { type Shorthand, shorthand } from './shorthand.ts'

/** What is sent in the name of users. */
export const stanzaShorthands: readonly Shorthand[] = [
  shorthand({
    usage: 'send_message_chat FROM TO BODY',
    about: 'Sends a chat message in the name of a user.',
    command: 'stanza.sendMessage',
    input: ([from = '', to = '', body = '']) => ({ from, to, body }),
    show: () => 'ok',
  }),
  shorthand({
    usage: 'send_message_headline FROM TO SUBJECT BODY',
    about: 'Sends a headline in the name of a user.',
    command: 'stanza.sendMessageHeadLine',
    input: ([from = '', to = '', subject = '', body = '']) => ({ from, to, subject, body }),
    show: () => 'ok',
  }),
  shorthand({
    usage: 'send_stanza_c2s USER HOST RESOURCE STANZA',
    about: 'Lets a session send a stanza, as if its client had done so.',
    command: 'session.sendStanza',
    input: ([user, host, resource = '', stanza = '']) => ({ user: `${address(user, host)}/${resource}`, stanza }),
    show: () => 'ok',
  }),
  shorthand({
    usage: 'set_presence USER HOST RESOURCE TYPE SHOW STATUS PRIORITY',
    about: 'Lets a session send presence.',
    command: 'session.setPresence',
    input: ([user, host, resource = '', type = '', show = '', status = '', priority = '']) => ({
      user: `${address(user, host)}/${resource}`,
      type: type.toUpperCase(),
      show: show.toUpperCase(),
      status,
      priority,
    }),
    show: () => 'ok',
  }),
]
