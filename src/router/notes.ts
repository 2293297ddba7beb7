import { jsonNote, stanzaKey } from '../stanza/stanza-key.ts'

const isTrue = (json: unknown): json is true => json === true

/** The message was on its way to a session that has ended, and goes elsewhere: it has been archived, copied and counted before. */
export const isRerouted = stanzaKey<true>('router.is_rerouted', jsonNote(isTrue))
