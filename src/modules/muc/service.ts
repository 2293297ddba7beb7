import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import { refusalOf } from '../../router/refusal.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { TurnShare } from '../../util/turn-share.ts'
import { announceToAll } from './core/groupchat.ts'
import type { MessageDesk } from './message-desk.ts'
import { forwardIq } from './occupant-iq.ts'
import { type PresenceDesk, settled } from './presence-desk.ts'
import type { Rooms } from './rooms.ts'
import { accessDenied } from './service-iqs.ts'
import type { ServiceMemory } from './service-memory.ts'
import type { ServiceSurroundings } from './surroundings.ts'
import type { Traffic } from './traffic.ts'

export interface MucServiceParts {
  readonly memory: ServiceMemory
  readonly host: Host
  readonly rooms: Rooms
  readonly surroundings: ServiceSurroundings
  readonly messages: MessageDesk
  readonly presences: PresenceDesk
  readonly traffic: Traffic
  /** What rooms may do before others have a turn. */
  readonly share: TurnShare
  /** Told of what nobody expected. */
  onFailure(error: unknown, stanza: Stanza): void
}

/** Takes every stanza to a service or its rooms that is no request for a handler. */
export class MucService {
  readonly #parts: MucServiceParts

  constructor(parts: MucServiceParts) {
    this.#parts = parts
  }

  /** The promise settles when the stanza is where it belongs, or has been refused. */
  receive(stanza: Stanza): Promise<void> | undefined {
    try {
      const ready = this.#parts.memory.whenReady()
      const outcome = ready === undefined ? this.#receive(stanza) : ready.then(() => this.#receive(stanza))
      return outcome?.catch((error: unknown) => this.#refuse(stanza, error))
    } catch (error) {
      this.#refuse(stanza, error)
      return undefined
    }
  }

  #receive(stanza: Stanza): Promise<void> | undefined {
    const to = stanza.to as Jid
    const isAnswer = stanza.type === 'error' || (stanza.kind === 'iq' && stanza.type === 'result')
    if (!isAnswer && !this.#parts.surroundings.mayUse(stanza.from as Jid)) throw accessDenied()
    if (to.local === '') return this.#forService(stanza, isAnswer)
    if (stanza.kind === 'iq') return this.#occupantIq(stanza)
    const wait = isAnswer ? undefined : this.#parts.traffic.admit(stanza)
    return wait === undefined ? this.#inTurn(stanza) : wait.then(() => this.#inTurn(stanza))
  }

  /** When a crowd comes at once, nobody else on the server waits until all of it is in. */
  #inTurn(stanza: Stanza): Promise<void> | undefined {
    const { share } = this.#parts
    if (share.isFree) return this.#forRoom(stanza)
    return share.run(() => this.#forRoom(stanza)) as Promise<void>
  }

  #forRoom(stanza: Stanza): Promise<void> | undefined {
    if (stanza.kind === 'presence') return this.#parts.presences.receive(stanza)
    const { rooms, messages } = this.#parts
    const { value, delivered } = rooms.perform(stanza.to as Jid, (room, out) => {
      if (room !== undefined) return messages.receive(room, stanza, out)
      if (stanza.type !== 'error') throw noSuchRoom()
    })
    return settled(value, delivered)
  }

  #occupantIq(stanza: Stanza): Promise<void> | undefined {
    const isRequest = stanza.type === 'get' || stanza.type === 'set'
    const { value, delivered } = this.#parts.rooms.perform(stanza.to as Jid, (room, out) => {
      if (room !== undefined && (stanza.to as Jid).isFull) return forwardIq(room, stanza, out)
      if (isRequest) throw noSuchRoom()
    })
    return settled(value, delivered)
  }

  #forService(stanza: Stanza, isAnswer: boolean): Promise<void> | undefined {
    if (isAnswer || stanza.kind === 'presence') return undefined
    if ((stanza.to as Jid).isFull || stanza.kind === 'iq') throw new StanzaError('item-not-found')
    return this.#announce(stanza)
  }

  /** An admin of the service says something to everybody in every room. */
  async #announce(stanza: Stanza): Promise<void> {
    const { rooms, surroundings } = this.#parts
    if (!surroundings.isAdmin(stanza.from as Jid)) throw accessDenied()
    for (const { jid } of [...rooms.awake()]) {
      await rooms.perform(jid, (room, out) => {
        if (room !== undefined) announceToAll(room, announcement(room.jid, stanza), out)
      }).delivered
    }
  }

  #refuse(stanza: Stanza, error: unknown): void {
    const refusal = refusalOf(error)
    if (refusal.condition === 'internal-server-error') this.#parts.onFailure(error, stanza)
    const reply = stanza.errorReply(refusal)
    if (reply !== undefined) this.#parts.host.router.post(reply)
  }
}

function announcement(room: Jid, stanza: Stanza): Stanza {
  return Stanza.make('message', { type: 'groupchat', from: room, id: stanza.id }, ...stanza.elements())
}

function noSuchRoom(): StanzaError {
  return new StanzaError('item-not-found', { text: 'Conference room does not exist' })
}
