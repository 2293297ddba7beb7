import { jsonNote, stanzaKey } from '../stanza/stanza-key.ts'

// What several modules note about a stanza on its way.

const text = jsonNote((json): json is string => typeof json === 'string')
const mark = jsonNote((json): json is true => json === true)

/** Id of the message in the archive of the account or room that it is for, as it stands in `<stanza-id/>`. */
export const archiveId = stanzaKey<string>('router.archive_id', text)

/** Id of the message in the archive of the account that sent it. */
export const senderArchiveId = stanzaKey<string>('router.sender_archive_id', text)

/**
 * Microseconds since the epoch at which the message was archived when it came for the first time: its sender has sent it again
 * since the server does not know what became of it. What counts messages may have counted it.
 */
export const archivedBefore = stanzaKey<number>('router.archived_before')

/** A copy of a message for another resource (XEP-0280): never archived, counted, pushed, copied or sent elsewhere. */
export const isCarbon = stanzaKey<true>('router.is_carbon', mark)

/** The message was on its way to a session that has ended, and goes elsewhere: it has been archived, copied and counted before. */
export const isRerouted = stanzaKey<true>('router.is_rerouted', mark)

/** A groupchat message that is for the account as such, of a room that accounts belong to, not clients (MUC Light). */
export const isForMember = stanzaKey<true>('router.is_for_member', mark)

const isTexts = (json: unknown): json is readonly string[] =>
  Array.isArray(json) && json.every((each) => typeof each === 'string')

/** Sent by command of an admin, whatever it says of its sender. */
export const sentByAdmin = stanzaKey<true>('router.sent_by_admin', mark)

/** The registrations for push notifications that have been told of the message: none is told twice. */
export const pushDone = stanzaKey<readonly string[]>('router.push_done', jsonNote(isTexts))
