import type { Host } from '../../router/host.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { applyChanges } from './core/administration.ts'
import { notifyOtherChange } from './core/configuration.ts'
import { MUC } from './core/namespaces.ts'
import { cardOf, withCard } from './features/avatar.ts'
import { registrationChange, registrationForm } from './features/registration.ts'
import type { RoomKeeper } from './keeper.ts'
import { moderate } from './retraction.ts'
import { broadcastOfRoom } from './room-broadcast.ts'
import type { RegisterRoomIq } from './room-iqs.ts'

/** Answers requests to rooms of what came after the core of XEP-0045: registration, cards, moderation. */
export function answerExtensions(ask: RegisterRoomIq, host: Host, keeper: RoomKeeper): void {
  ask('get', MUC.register, 'query', (room, { from }) => registrationForm(room, from))
  ask('set', MUC.register, 'query', async (room, { from, payload }, out) => {
    const changes = registrationChange(room, from, payload)
    await keeper.changes(room, changes)
    applyChanges(room, changes, undefined, out)
  })
  ask('get', MUC.vcard, 'vCard', (room) => cardOf(room))
  ask('set', MUC.vcard, 'vCard', async (room, { from, payload }, out) => {
    if (room.affiliationOf(from) !== 'owner') {
      throw new StanzaError('forbidden', { text: 'Only owners are allowed to set the card of a room' })
    }
    const next = withCard(room.extras, payload)
    await keeper.extras(room, next)
    room.extras = next
    notifyOtherChange(room, out)
  })
  ask('set', MUC.moderate, 'moderate', async (room, { from, payload }, out) => {
    const occupant = room.occupants.seat(from)?.occupant
    if (room.standingOf(from).role !== 'moderator' && room.affiliationOf(from) !== 'owner') {
      throw new StanzaError('forbidden', { text: 'Only moderators are allowed to take back the messages of others' })
    }
    const stanzaId = payload.attr('id')
    if (stanzaId === undefined || payload.child('retract', MUC.retract) === undefined) {
      throw new StanzaError('bad-request')
    }
    const retract = await moderate(host, room, {
      stanzaId,
      reason: payload.childText('reason'),
      moderator: { by: (occupant?.jid ?? room.jid).full, id: occupant?.id },
    })
    const message = Stanza.make('message', { type: 'groupchat', from: room.jid, id: stanzaId }, retract)
    await broadcastOfRoom(host, room, { message, from }, out)
  })
}
