/** The list of conversations. */
export const inboxNs = 'erlang-solutions.com:xmpp:inbox:0'
/** One conversation. */
export const conversationNs = `${inboxNs}#conversation`

/** Boxes that everybody has. */
export const usualBoxes = ['inbox', 'archive', 'bin'] as const
/** Stands for all of them in a question. */
export const allBoxes = 'all'
