/** The namespaces of the archive that are served alike; the newest first. */
export const mamNamespaces = ['urn:xmpp:mam:2', 'urn:xmpp:mam:1'] as const

/** The newest, in which everything that has only one is said. */
export const mamNs = mamNamespaces[0]

export const hintsNs = 'urn:xmpp:hints'
export const fastenNs = 'urn:xmpp:fasten:0'
export const forwardNs = 'urn:xmpp:forward:0'
export const fullTextNs = 'urn:xmpp:fulltext:0'
export const mucUserNs = 'http://jabber.org/protocol/muc#user'
export const retractNs = 'urn:xmpp:message-retract:1'
/** XEP-0424 before 0.4, where a retraction is fastened to the message. */
export const oldRetractNs = 'urn:xmpp:message-retract:0'
/** MongooseIM's way to name the message by its archive id. */
export const retractByIdNs = 'urn:esl:message-retract-by-stanza-id:0'
