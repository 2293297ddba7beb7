import { jsonNote, stanzaKey } from '../stanza/stanza-key.ts'

// Notes on a stanza that one module makes and others read.

const isText = (json: unknown): json is string => typeof json === 'string'
const isTrue = (json: unknown): json is true => json === true

/** Under what id a message is in the archive of the account or room that it is for. */
export const archiveId = stanzaKey<string>('archiveId', jsonNote(isText))

/** Under what id a message is in its sender's own archive. */
export const senderArchiveId = stanzaKey<string>('senderArchiveId', jsonNote(isText))

/** A copy for another resource (XEP-0280): never archived, stored, pushed, copied or sent elsewhere. */
export const isCarbon = stanzaKey<true>('isCarbon', jsonNote(isTrue))

/** A message that went to a session which has ended without reading it: archived and copied already. */
export const isRerouted = stanzaKey<true>('isRerouted', jsonNote(isTrue))
