import type { Stanza } from '../../stanza/stanza.ts'

/** The namespaces of carbons: today's, and that of the oldest clients. */
export const carbons = { 1: 'urn:xmpp:carbons:1', 2: 'urn:xmpp:carbons:2' } as const

const hints = 'urn:xmpp:hints'
const roomUser = 'http://jabber.org/protocol/muc#user'

/** What makes a message of type normal part of a conversation, besides a body (XEP-0280 §6.1), as `name namespace` or `namespace`. */
const conversational = new Set([
  'received urn:xmpp:receipts',
  'store urn:xmpp:hints',
  'http://jabber.org/protocol/chatstates',
  'urn:xmpp:chat-markers:0',
  'urn:xmpp:jingle-message:0',
  'urn:xmpp:message-retract:1',
  'urn:xmpp:reactions:0',
  'urn:xmpp:fallback:0',
])

/** Whether the sender's other resources are to see a message (XEP-0280 §6.1). */
export function isSentCopied(stanza: Stanza): boolean {
  return mayBeCopied(stanza) && isConversation(stanza)
}

/**
 * Whether the other resources of the account that a message is for are to see it. Invitations and private messages from rooms
 * count here too; what is of type groupchat or error does not, whatever it carries, or each resource in a room would be shown
 * what all of them get.
 */
export function isReceivedCopied(stanza: Stanza): boolean {
  return mayBeCopied(stanza) && (isConversation(stanza) || isInvitation(stanza) || isPrivateInRoom(stanza))
}

function mayBeCopied(stanza: Stanza): boolean {
  if (stanza.type === 'groupchat' || stanza.type === 'error') return false
  return stanza.index.every(({ name, ns }) => {
    if (ns === hints) return name !== 'no-copy'
    if (ns !== carbons[2] && ns !== carbons[1]) return true
    return name !== 'private' && name !== 'sent' && name !== 'received'
  })
}

function isConversation(stanza: Stanza): boolean {
  if (stanza.type === 'chat') return true
  if (stanza.type === 'headline') return false
  if (stanza.has('body')) return true
  return stanza.index.some(({ name, ns }) => conversational.has(ns) || conversational.has(`${name} ${ns}`))
}

function isInvitation(stanza: Stanza): boolean {
  if (stanza.has('x', 'jabber:x:conference')) return true
  return stanza.child('x', roomUser)?.child('invite')?.attr('from') !== undefined
}

/** Rooms write to full addresses only: anybody can put this element into a message to an account. */
function isPrivateInRoom(stanza: Stanza): boolean {
  return stanza.to?.isFull === true && stanza.has('x', roomUser)
}
