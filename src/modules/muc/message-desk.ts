import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import { roomBroadcast } from './api.ts'
import { applyChanges, type Change } from './core/administration.ts'
import { deliverSpeech, nextSubject, type Speech, speechOf } from './core/groupchat.ts'
import { decline, invite, invitesOf } from './core/invitation.ts'
import { MUC } from './core/namespaces.ts'
import type { Outbox } from './core/outbox.ts'
import { heedError, sendPrivately } from './core/private-message.ts'
import type { Room } from './core/room.ts'
import { approveVoice, isApproval, requestVoice, voiceFormOf } from './core/voice.ts'
import type { RoomKeeper } from './keeper.ts'
import { retractOwn } from './retraction.ts'

/** Takes the messages that are sent to a room or through it. */
export class MessageDesk {
  readonly #host: Host
  readonly #keeper: RoomKeeper

  constructor(host: Host, keeper: RoomKeeper) {
    this.#host = host
    this.#keeper = keeper
  }

  /** Throws StanzaError for what the room does not take. */
  receive(room: Room, stanza: Stanza, out: Outbox): Eventually<void> {
    if (stanza.type === 'error') return heedError(room, stanza, out)
    if ((stanza.to as Jid).isFull) return sendPrivately(room, stanza, out)
    if (stanza.type === 'groupchat') return this.#groupchat(room, stanza, out)
    return this.#forRoom(room, stanza, out)
  }

  /** With nothing to wait for, no promise is made. */
  #groupchat(room: Room, stanza: Stanza, out: Outbox): Eventually<void> {
    const speech = speechOf(room, stanza)
    return afterwards(retractOwn(this.#host, room, speech), () => this.#broadcast(room, { speech, stanza }, out))
  }

  #broadcast(room: Room, { speech, stanza }: { speech: Speech; stanza: Stanza }, out: Outbox): Eventually<void> {
    const subject = nextSubject(speech, room.surroundings.now())
    if (subject !== undefined) this.#keeper.mustAccept(room)
    const { hooks } = this.#host
    const from = stanza.from as Jid
    const event = { host: this.#host, room, occupant: speech.occupant, from, stanza: speech.stanza }
    return afterwards(hooks.run(roomBroadcast, event), (outcome) => {
      if (outcome === 'handled') return
      const write = subject === undefined ? undefined : this.#keeper.subject(room, subject)
      if (write !== undefined) stanza.causes(write)
      deliverSpeech(room, speech, event.stanza, out)
    })
  }

  /** What is not for everybody: invitations, declining them, asking for voice and giving it. */
  #forRoom(room: Room, stanza: Stanza, out: Outbox): Eventually<void> {
    const x = stanza.child('x', MUC.user)
    const declined = x?.child('decline')
    if (declined !== undefined) {
      const answer = decline(stanza, declined)
      out.send(answer, answer.to as Jid)
      return undefined
    }
    if (invitesOf(stanza).length > 0) return this.#make(room, invite(room, stanza, out), out)
    const form = voiceFormOf(stanza)
    if (form !== undefined && stanza.type !== 'chat') {
      if (isApproval(form)) return this.#make(room, approveVoice(room, stanza, form), out)
      return requestVoice(room, stanza, form, out)
    }
    throw new StanzaError('not-acceptable', {
      type: 'modify',
      text: 'Only groupchat messages may be sent to the room',
    })
  }

  /** Changes that follow from a message: on disk before they are true. */
  #make(room: Room, changes: readonly Change[], out: Outbox): Eventually<void> {
    const isStored = changes.some((change) => change.kind === 'affiliation')
    if (!isStored) return applyChanges(room, changes, undefined, out)
    return this.#keeper.changes(room, changes).then(() => applyChanges(room, changes, undefined, out))
  }
}
