import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { UsageError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { userJid } from '../../module/scalars.ts'
import { givenBy } from '../../module/service-commands.ts'
import { type MarkerType, markersNs, markerTypes } from '../../stanza/chat-markers.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { randomId } from '../../util/random-id.ts'
import { el } from '../../xml/element.ts'
import { mustBelong, mustExist, withRoom } from './command-target.ts'

interface Speech {
  readonly room: Jid
  readonly from: Jid
  readonly body?: string | undefined
  readonly id?: string | undefined
  readonly markable: boolean
  readonly marker?: { readonly type: MarkerType; readonly id: string } | undefined
}

/** The message to the room. Throws UsageError where it is nothing. */
function messageOf({ room: to, from, body, id = randomId(12), markable, marker }: Speech): Stanza {
  if (body === undefined && marker === undefined) throw new UsageError('input_coercion', 'Missing argument: body.')
  const head = { type: 'groupchat', from, to, id }
  const parts = [
    ...(body === undefined ? [] : [el('body', NS.client, body)]),
    ...(markable ? [el('markable', markersNs)] : []),
    ...(marker === undefined ? [] : [el(marker.type, markersNs, { id: marker.id })]),
  ]
  return Stanza.make('message', head, ...parts)
}

/** Says something in a room. */
export const sendMessageToRoom = command({
  name: 'muc_light.sendMessageToRoom',
  about: 'Says something in a MUC Light room in the name of somebody who belongs to it.',
  input: z.strictObject({
    room: userJid().describe('Address of the room.'),
    from: userJid().describe('Who says it.'),
    body: z.string().min(1).optional().describe('Text; may be left out where there is a marker.'),
    id: z.string().min(1).max(1023).optional().describe('Id of the message; one is made unless given.'),
    markable: z.boolean().default(false).describe('Others are asked to mark it (XEP-0333).'),
    marker: z
      .strictObject({ type: z.enum(markerTypes), id: z.string().min(1) })
      .optional()
      .describe('Marks another message (XEP-0333): how far it has come, and its id.'),
  }),
  output: z.string(),
  scope: 'user',
  own: 'from',
  changes: true,
  run: (input, services: ModuleServices, call) =>
    withRoom(input.room, services, async (api, found) => {
      await mustExist(api, input.from)
      mustBelong(found, input.from)
      await api.speak(givenBy(call, messageOf(input)))
      return 'Message sent successfully'
    }),
})
