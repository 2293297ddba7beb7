import { Jid } from '../../jid/jid.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { randomId } from '../../util/random-id.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import type { RoomRecords } from '../rooms/api.ts'
import type { Admission, Admitted } from './admission.ts'
import type { BlockingLists } from './blocking.ts'
import {
  type AffiliationChange,
  type AffiliationRules,
  changeAffiliations,
  checkRequest,
  checkRights,
} from './core/affiliations.ts'
import { LightRoom, occupantsOf, type RoomState } from './core/room.ts'
import { initialConfig, overridden, type RawConfig, readConfig } from './core/schema.ts'
import type { LightOptions } from './options.ts'
import { LightOutbox, type OutboxParts } from './outbox.ts'
import type { LightRooms } from './rooms.ts'
import { type LightStore, longestAddress, longestName } from './store.ts'

export interface DeskParts extends OutboxParts {
  /** The address of the service. */
  readonly service: Jid
  readonly options: LightOptions
  readonly store: LightStore
  readonly rooms: LightRooms
  readonly admission: Admission
  readonly lists: BlockingLists
  readonly records: RoomRecords
}

/** Who asks for something, and the id of the request. Without `by` it is the server, which may do anything. */
export interface Cause {
  readonly by?: Jid | undefined
  readonly id: string
}

/** What is wanted of a new room. */
export interface RoomRequest {
  /** Undefined: any that is free. */
  readonly jid: Jid | undefined
  readonly config: RawConfig
  readonly occupants: readonly AffiliationChange[]
}

/** Does what is asked of the rooms of one service: on disk first, then everybody is told, then the promise settles. */
export class LightDesk {
  readonly parts: DeskParts

  constructor(parts: DeskParts) {
    this.parts = parts
  }

  /** Throws `conflict` where there is such a room. */
  async create({ jid, config: raw, occupants }: RoomRequest, creator: Jid, id: string): Promise<LightRoom> {
    const { options, schema, store, rooms } = this.parts
    const address = jid ?? (await this.#unusedAddress())
    if (address.local.length > longestName) throw new StanzaError('bad-request', { text: 'The name is too long' })
    const config = new Map([...initialConfig(schema), ...readConfig(schema, raw)])
    const founder = { jid: creator.bare, affiliation: options.equal_occupants ? 'member' : 'owner' } as const
    const founders = occupantsOf([founder])
    for (const change of occupants) this.#checkAddress(change.jid)
    if (occupants.some(({ jid: each, affiliation }) => affiliation === 'none' || founders.has(each.bareString))) {
      throw new StanzaError('bad-request', { text: 'Nobody can be left out of a new room, and its maker is in it' })
    }
    if (occupants.length > 0) checkRequest(founders, occupants)
    return this.#perform(address, async (existing, out) => {
      if (existing !== undefined) throw new StanzaError('conflict', { text: 'The room is there already' })
      const own = await this.parts.admission.admit([creator.bare])
      try {
        if (own.users.size === 0) throw new StanzaError('bad-request', { text: 'You belong to too many rooms' })
        return await this.#admitting(founders, occupants, { room: address, by: creator }, async (changes) => {
          const changed = changes.length === 0 ? undefined : changeAffiliations(founders, changes, this.#rules)
          const version = store.freshVersion()
          const room = new LightRoom({ jid: address, version, config, occupants: changed?.occupants ?? founders })
          await store.create(room)
          rooms.put(room)
          await out.tell({ kind: 'created', room, by: creator.bare }, id)
          return room
        })
      } finally {
        own.release()
      }
    })
  }

  /** Takes in a room as it was elsewhere; nobody is told. Throws `conflict` where there is such a room. */
  async adopt(state: RoomState): Promise<void> {
    if (state.jid.local.length > longestName) throw new StanzaError('bad-request', { text: 'The name is too long' })
    const { rooms, store } = this.parts
    await rooms.run(state.jid, async (existing) => {
      if (existing !== undefined) throw new StanzaError('conflict', { text: 'The room is there already' })
      const room = new LightRoom(state)
      await store.create(room)
      rooms.put(room)
    })
  }

  /** Changes settings: who may not is refused, but everybody may change the subject. */
  async configure(jid: Jid, raw: RawConfig, cause: Cause): Promise<void> {
    await this.#perform(jid, async (found, out) => {
      const room = mustBeIn(found, cause.by)
      await this.#configure(room, raw, cause, out)
    })
  }

  /** Changes who belongs to a room; `promotes` as the option says unless given. */
  async changeAffiliations(
    jid: Jid,
    requested: readonly AffiliationChange[],
    { by, id, promotes }: Cause & { readonly promotes?: boolean },
  ): Promise<void> {
    for (const { jid: each, affiliation } of requested) if (affiliation !== 'none') this.#checkAddress(each)
    await this.#perform(jid, async (found, out) => {
      const room = mustBeIn(found, by)
      checkRequest(room.occupants, requested)
      if (by !== undefined)
        checkRights(room.occupants, requested, { actor: by, allCanInvite: this.#allCanInvite(room) })
      await this.#admitting(room.occupants, requested, { room: room.jid, by: by ?? room.jid }, async (changes) => {
        if (changes.length === 0) return
        const rules = { ...this.#rules, ...(promotes === undefined ? {} : { promotes }) }
        await this.#change(room, changes, { by, id, rules }, out)
      })
    })
  }

  /** Ends a room: only an owner may. */
  async destroy(jid: Jid, { by, id }: Cause): Promise<void> {
    await this.#perform(jid, async (found, out) => {
      const room = mustBeIn(found, by)
      if (by !== undefined && room.affiliationOf(by) !== 'owner') throw new StanzaError('not-allowed')
      await this.#remove(room, out)
      await out.tell({ kind: 'destroyed', room }, id)
    })
  }

  /** Takes a groupchat message for a room; with nothing to wait for, no promise is made. Throws StanzaError. */
  speak(stanza: Stanza): Eventually<void> {
    const from = stanza.from as Jid
    return this.#perform(stanza.to as Jid, (found, out) => {
      const room = mustBeIn(found, from)
      const subject = this.parts.dialect.subjectOf?.(stanza)
      if (subject === undefined) return out.broadcast(room, stanza)
      return this.#setSubject(room, subject).then((changed) => out.broadcast(changed, stanza))
    })
  }

  /** The blocking lists. Throws `bad-request` where there are none. */
  get blocking(): BlockingLists {
    if (!this.parts.options.blocking) throw new StanzaError('bad-request', { text: 'Nothing can be blocked here' })
    return this.parts.lists
  }

  /** A room as it is, for somebody who belongs to it. Throws `item-not-found` for everybody else. */
  async seenBy(jid: Jid, who: Jid): Promise<LightRoom> {
    return mustBeIn(await this.parts.rooms.find(jid), who)
  }

  get #rules(): AffiliationRules {
    const { allow_multiple_owners: allowsSeveralOwners, promote_on_last_owner_leave: promotes } = this.parts.options
    return { allowsSeveralOwners, promotes, maxOccupants: this.parts.options.max_occupants }
  }

  #allCanInvite({ config }: LightRoom): boolean {
    return overridden(this.parts.schema, config, 'all_can_invite', this.parts.options.all_can_invite)
  }

  /** Runs a job with a room; what it leaves goes out after it, in the order of the jobs. */
  #perform<T>(jid: Jid, job: (room: LightRoom | undefined, out: LightOutbox) => Eventually<T>): Eventually<T> {
    const out = new LightOutbox(this.parts)
    const done = this.parts.rooms.run(jid, (room) => job(room, out))
    return afterwards(done, (result) => out.send()?.then(() => result) ?? result)
  }

  async #unusedAddress(): Promise<Jid> {
    for (;;) {
      const jid = Jid.of(randomId(12).toLowerCase(), this.parts.service.domain)
      if ((await this.parts.rooms.find(jid)) === undefined) return jid
    }
  }

  /** Who is to belong to a room must be somebody: rooms that belong to each other would never stop talking. */
  #checkAddress(jid: Jid): void {
    const { router } = this.parts.host
    const isService = router.isOwn(jid.domain) && router.hostOf(jid.domain) === undefined
    if (jid.local !== '' && !isService && Buffer.byteLength(jid.bareString) <= longestAddress) return
    throw new StanzaError('bad-request', { text: `${jid.full} cannot belong to a room` })
  }

  /** Goes on with a request without those who cannot be added: who does not want to be, or belongs to too many rooms. */
  async #admitting<T>(
    before: LightRoom['occupants'],
    requested: readonly AffiliationChange[],
    { room, by }: { room: Jid; by: Jid },
    goOn: (changes: readonly AffiliationChange[]) => Promise<T>,
  ): Promise<T> {
    const { admission } = this.parts
    const added = requested.flatMap(({ jid, affiliation }) =>
      affiliation === 'none' || before.has(jid.bareString) ? [] : [jid],
    )
    const nobody: Admitted = { users: new Set(), release() {} }
    const admitted = added.length === 0 ? nobody : await admission.admit(await admission.willing(added, room, by.bare))
    const isAdded = new Set(added)
    try {
      return await goOn(requested.filter(({ jid }) => !isAdded.has(jid) || admitted.users.has(jid.bareString)))
    } finally {
      admitted.release()
    }
  }

  async #change(
    room: LightRoom,
    changes: readonly AffiliationChange[],
    { by, id, rules }: Cause & { rules: AffiliationRules },
    out: LightOutbox,
  ): Promise<void> {
    const { store, rooms, records } = this.parts
    const changed = changeAffiliations(room.occupants, changes, rules)
    const after = room.with({ version: store.freshVersion(), occupants: changed.occupants })
    const isOver = changed.occupants.size === 0
    if (isOver) await this.#remove(after, out)
    else {
      await store.saveAffiliations(after, changed)
      rooms.put(after)
    }
    const event = { kind: 'affiliations', room: after, previous: room.version, changed, by: by ?? room.jid } as const
    await out.tell(event, id)
    if (isOver) out.note({ kind: 'abandoned', room: after })
    else await out.follow(() => Promise.all(changed.left.map((jid) => records.forgetMember(room.jid, jid))))
  }

  async #remove(room: LightRoom, out: LightOutbox): Promise<void> {
    const { store, rooms, records } = this.parts
    await store.remove(room.jid)
    rooms.drop(room)
    await out.follow(() => records.forget(room.jid))
  }

  async #configure(room: LightRoom, raw: RawConfig, { by, id }: Cause, out: LightOutbox): Promise<void> {
    const { schema, options } = this.parts
    if (raw.length === 0) throw new StanzaError('bad-request', { text: 'No setting is named' })
    const given = readConfig(schema, raw)
    const isSubjectOnly = given.size === 1 && given.has('subject')
    const mayAll = overridden(schema, room.config, 'all_can_configure', options.all_can_configure)
    if (!isSubjectOnly && !mayAll && by !== undefined && room.affiliationOf(by) !== 'owner') {
      throw new StanzaError('not-allowed')
    }
    const after = await this.#saveConfig(room, given)
    await out.tell({ kind: 'configured', room: after, previous: room.version, keys: new Set(given.keys()) }, id)
  }

  async #setSubject(room: LightRoom, subject: string): Promise<LightRoom> {
    const field = this.parts.schema.find(({ key }) => key === 'subject')
    if (field === undefined) throw new StanzaError('bad-request', { text: 'Rooms have no subject here' })
    return this.#saveConfig(room, readConfig(this.parts.schema, [[field.field, subject]]))
  }

  async #saveConfig(room: LightRoom, given: LightRoom['config']): Promise<LightRoom> {
    const { store, rooms } = this.parts
    const after = room.with({ version: store.freshVersion(), config: new Map([...room.config, ...given]) })
    await store.saveConfig(after)
    rooms.put(after)
    return after
  }
}

/** Who does not belong to a room learns nothing of it, not even whether it is there. */
function mustBeIn(room: LightRoom | undefined, who: Jid | undefined): LightRoom {
  if (room !== undefined && (who === undefined || room.affiliationOf(who) !== undefined)) return room
  throw new StanzaError('item-not-found')
}
