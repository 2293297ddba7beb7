import { randomUUID } from 'node:crypto'
import { HttpError } from '../../../net/http-exchange.ts'
import { isMarkerType, type MarkerType } from '../../../stanza/chat-markers.ts'
import { type Argument, flag, integer, optional, word } from '../argument.ts'
import { found, operation } from '../operation.ts'
import { roomItems } from './message-view.ts'
import { type ArchivedPage, before, itemsOf, pageOf } from './messages.ts'
import { roomAt, roomId } from './room-address.ts'

interface Marker {
  readonly type: MarkerType
  readonly id: string
}

/** Marks an earlier message (XEP-0333). */
const chatMarker: Argument<Marker> = {
  type: 'object',
  about: 'chat marker',
  isOptional: false,
  read(given) {
    const { type, id } = Object(given) as Readonly<Record<string, unknown>>
    const isMarker = typeof type === 'string' && isMarkerType(type) && typeof id === 'string' && id !== ''
    return isMarker ? { type, id } : undefined
  },
}

/** Messages in rooms. */
export const roomMessageOperations = [
  operation({
    name: 'get_room_messages',
    method: 'GET',
    paths: ['/rooms/:id/messages'],
    about: 'What was last said in a room, and who was added and put out, oldest first.',
    arguments: { id: roomId, limit: optional(integer('limit', 0, 500)), before },
    async run({ id, limit = 50, before: ms }, context) {
      const room = (await roomAt(id, context)).full
      // Who may not read is refused even where nothing is asked for.
      const { limit: pageSize, ...page } = pageOf({ limit: Math.max(1, limit), before: ms })
      const messages = await context.run<ArchivedPage>('muc_light.getRoomMessages', { room, pageSize, ...page })
      return found(limit === 0 ? [] : itemsOf(messages, roomItems).flat())
    },
  }),
  operation({
    name: 'send_room_message',
    method: 'POST',
    paths: ['/rooms/:id/messages'],
    about: 'Says something in a room, marks what was said, or both.',
    arguments: {
      id: roomId,
      body: optional(word('message body')),
      markable: optional(flag('markable')),
      chat_marker: optional(chatMarker),
    },
    async run({ id, body, markable = false, chat_marker: marker }, context) {
      if (body === undefined && marker === undefined) throw new HttpError(400, 'Missing message body')
      const room = (await roomAt(id, context)).full
      const said = { id: randomUUID(), body, markable, marker }
      await context.run('muc_light.sendMessageToRoom', { room, ...said })
      return found({ id: said.id })
    },
  }),
]
