import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import { address, domain, fullJid } from '../../module/scalars.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { el } from '../../xml/element.ts'
import type { SessionServices, SessionSummary } from './services.ts'
import { addressIn, stanzaOf, writtenStanza } from './written-stanza.ts'

const userStatus = z.strictObject({ user: z.string(), priority: z.int().nullable(), text: z.string().nullable() })

const input = z.strictObject({
  domain: domain().optional().describe('A domain of this server; all of them if none is given.'),
  status: z.string().min(1).describe('`available`, `away`, `chat`, `dnd` or `xa`.'),
})

/** The sessions that say so of their users. */
function withStatus(given: z.output<typeof input>, services: SessionServices): readonly SessionSummary[] {
  const { domain: name, status } = given
  if (name !== undefined && !services.isHosted(name)) {
    throw new CommandError('domain_not_found', 'Given domain does not exist', { domain: name })
  }
  return services.sessions.list(name).filter(({ show }) => show === status)
}

const listUsersWithStatus = command({
  name: 'session.listUsersWithStatus',
  about: 'Lists the sessions that say so of their users.',
  input,
  output: z.array(userStatus),
  scope: 'admin',
  run: (given, services: SessionServices) =>
    withStatus(given, services).map(({ user, priority, text }) => ({
      user: user.full,
      priority: priority ?? null,
      text: text ?? null,
    })),
})

const countUsersWithStatus = command({
  name: 'session.countUsersWithStatus',
  about: 'Counts the sessions that say so of their users.',
  input,
  output: z.int(),
  scope: 'admin',
  run: (given, services: SessionServices) => withStatus(given, services).length,
})

const types = [
  ...(['AVAILABLE', 'UNAVAILABLE', 'ERROR', 'PROBE'] as const),
  ...(['SUBSCRIBE', 'SUBSCRIBED', 'UNSUBSCRIBE', 'UNSUBSCRIBED'] as const),
]
const shows = ['ONLINE', 'AWAY', 'CHAT', 'DND', 'XA'] as const

const setPresence = command({
  name: 'session.setPresence',
  about: 'Lets a session send presence.',
  input: z.strictObject({
    user: address().describe('Address with the resource.'),
    type: z.enum(types).describe('Type of the presence.'),
    show: z.enum(shows).optional().describe('What it says of the user.'),
    status: z.string().optional().describe('What the user writes about it.'),
    priority: z.int().min(-128).max(127).optional().describe('Which session messages go to.'),
  }),
  output: z.strictObject({ jid: z.string(), message: z.string() }),
  scope: 'admin',
  changes: true,
  async run({ user, type, show, status, priority }, services: SessionServices) {
    const jid = user.full
    if (!user.isFull) throw new CommandError('empty_resource', 'The address has no resource', { jid })
    const texts = {
      show: show === undefined || show === 'ONLINE' ? undefined : show.toLowerCase(),
      ...{ status, priority },
    }
    const children = Object.entries(texts).flatMap(([name, text]) =>
      text === undefined ? [] : [el(name, NS.client, String(text))],
    )
    const head = type === 'AVAILABLE' ? {} : { type: type.toLowerCase() }
    if (await services.sessions.send(user, Stanza.make('presence', head, ...children)))
      return { jid, message: 'Presence set successfully' }
    throw new CommandError('no_session', 'Given user has no session under this address', { jid })
  },
})

const sendStanza = command({
  name: 'session.sendStanza',
  about: 'Lets a session send a stanza, as if its client had done so.',
  input: z.strictObject({
    user: fullJid().describe('Address of the session, with its resource.'),
    stanza: writtenStanza.describe('The stanza; who sends it is the session.'),
  }),
  output: z.strictObject({ jid: z.string(), message: z.string() }),
  scope: 'admin',
  changes: true,
  async run({ user, stanza }, services: SessionServices) {
    const jid = user.full
    const sent = stanzaOf(stanza).readdressed(
      undefined,
      stanza.attr('to') === undefined ? undefined : addressIn(stanza, 'to'),
    )
    if (await services.sessions.send(user, sent)) return { jid, message: 'Stanza sent successfully' }
    throw new CommandError('no_session', 'Given user has no session under this address', { jid })
  },
})

/** The commands of the category `session` that look at presence, or send as clients do. */
export const userStatusCommands = [listUsersWithStatus, countUsersWithStatus, setPresence, sendStanza]
