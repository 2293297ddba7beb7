import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { type CommandCall, command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import { address } from '../../module/scalars.ts'
import { givenBy } from '../../module/service-commands.ts'
import type { Host } from '../../router/host.ts'
import { sendFor } from '../../router/send-for.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { randomId } from '../../util/random-id.ts'
import { el } from '../../xml/element.ts'
import { addressIn, stanzaOf, writtenStanza } from './written-stanza.ts'

/** What commands that send stanzas work on. */
export interface StanzaServices {
  hostOf(domain: string): Host | undefined
}

const sent = z.strictObject({ id: z.string().nullable() })
const from = address().describe('The account in whose name it is sent, with a resource or without.')
const to = address().describe('Whom it goes to.')
const body = z.string().describe('The text.')

async function send(
  sender: Jid,
  stanza: Stanza,
  services: StanzaServices,
  call: CommandCall,
): Promise<z.input<typeof sent>> {
  const host = services.hostOf(sender.domain)
  const isThere = sender.local !== '' && host !== undefined && (await host.accounts.exists(sender))
  if (!isThere) throw new CommandError('unknown_user', 'Given user does not exist', { jid: sender.full })
  const refusal = await sendFor(host, sender, givenBy(call, stanza))
  if (refusal === undefined) return { id: stanza.id ?? null }
  const [condition] = refusal.child('error')?.elements() ?? []
  throw new CommandError('not_allowed', `It was refused: ${condition?.name ?? 'no reason'}`, { jid: sender.full })
}

const sendMessage = command({
  name: 'stanza.sendMessage',
  about: 'Sends a chat message in the name of a user.',
  input: z.strictObject({ from, to, body }),
  output: sent,
  scope: 'admin',
  changes: true,
  run(input, services: StanzaServices, call) {
    const head = { type: 'chat', id: randomId(12), to: input.to }
    return send(input.from, Stanza.make('message', head, el('body', NS.client, input.body)), services, call)
  },
})

const sendMessageHeadLine = command({
  name: 'stanza.sendMessageHeadLine',
  about: 'Sends a headline in the name of a user.',
  input: z.strictObject({
    from,
    to,
    subject: z.string().optional().describe('What it is about.'),
    body: body.optional(),
  }),
  output: sent,
  scope: 'admin',
  changes: true,
  run(input, services: StanzaServices, call) {
    const texts = (['subject', 'body'] as const).flatMap((name) => {
      const text = input[name]
      return text === undefined ? [] : [el(name, NS.client, text)]
    })
    const head = { type: 'headline', id: randomId(12), to: input.to }
    return send(input.from, Stanza.make('message', head, ...texts), services, call)
  },
})

const sendStanza = command({
  name: 'stanza.sendStanza',
  about: 'Sends a stanza in the name of the user who is its sender.',
  input: z.strictObject({ stanza: writtenStanza.describe('The stanza, with `from` and `to`.') }),
  output: sent,
  scope: 'admin',
  changes: true,
  run(input, services: StanzaServices, call) {
    const [sender, recipient] = [addressIn(input.stanza, 'from'), addressIn(input.stanza, 'to')]
    return send(sender, stanzaOf(input.stanza).readdressed(sender, recipient), services, call)
  },
})

/** The commands of the category `stanza` that need no archive. */
export const stanzaCommands = [sendMessage, sendMessageHeadLine, sendStanza]
