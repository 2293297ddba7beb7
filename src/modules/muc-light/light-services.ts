import { Jid } from '../../jid/jid.ts'
import type { Router } from '../../router/router.ts'
import { speakFor } from '../../router/send-for.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { randomId } from '../../util/random-id.ts'
import type { Eventually } from '../../util/settled.ts'
import type { LightRoomDescription, MucLightApi, NewRoom } from './api.ts'
import type { BlockChange, Blocked } from './blocking.ts'
import type { AffiliationChange } from './core/affiliations.ts'
import type { LightRoom } from './core/room.ts'
import { nameOf, type RawConfig, type Schema, showConfig } from './core/schema.ts'
import type { LightDesk } from './light-desk.ts'

/** The services of one host, for commands and for what happens to accounts and domains. */
export class LightServices implements MucLightApi {
  readonly #desks = new Map<string, LightDesk>()
  readonly #schema: Schema
  readonly #router: Router

  constructor(schema: Schema, router: Router) {
    this.#schema = schema
    this.#router = router
  }

  /** `parent`: the hosted domain that the service stands beside. */
  add(parent: string, desk: LightDesk): void {
    this.#desks.set(parent, desk)
  }

  /** A domain is served no longer. */
  withdraw(parent: string): void {
    this.#desks.delete(parent)
  }

  get services(): readonly Jid[] {
    return this.all.map(({ parts }) => parts.service)
  }

  serviceOf(domain: string): Jid | undefined {
    // One address may be for all domains.
    return (this.#desks.get(domain) ?? (this.#desks.size === 1 ? this.all[0] : undefined))?.parts.service
  }

  hasSetting(field: string): boolean {
    return this.#schema.some((each) => each.field === field)
  }

  async hasUser(user: Jid): Promise<boolean | undefined> {
    return this.#router.hostOf(user.domain)?.accounts.exists(user)
  }

  async describe(room: Jid): Promise<LightRoomDescription | undefined> {
    const found = await this.find(room)
    return found === undefined ? undefined : this.#describe(found)
  }

  async create({ service, name, settings }: NewRoom, owner: Jid): Promise<LightRoomDescription> {
    const jid = name === undefined ? undefined : Jid.of(name, service.domain)
    const request = { jid, config: settings, occupants: [] }
    return this.#describe(await this.#of(service).create(request, owner, randomId(12)))
  }

  configure(room: Jid, settings: RawConfig, by: Jid): Promise<void> {
    return this.#of(room).configure(room, settings, { by, id: randomId(12) })
  }

  changeAffiliations(room: Jid, changes: readonly AffiliationChange[], by?: Jid): Promise<void> {
    return this.#of(room).changeAffiliations(room, changes, { by, id: randomId(12) })
  }

  destroy(room: Jid, by?: Jid): Promise<void> {
    return this.#of(room).destroy(room, { by, id: randomId(12) })
  }

  async roomsOf(user: Jid): Promise<readonly Jid[]> {
    return (await this.listed(user)).map(({ jid }) => jid)
  }

  async list(service: Jid, { filter, after, limit }: { filter: string; after: string; limit: number }) {
    const { parts } = this.#of(service)
    const { rows, count } = await parts.store.list(filter, after, limit)
    const found = await Promise.all(rows.map(({ name }) => parts.rooms.find(Jid.of(name, service.domain))))
    return { rooms: found.flatMap((room) => (room === undefined ? [] : this.#describe(room))), count }
  }

  async blockedBy(user: Jid): Promise<readonly Blocked[]> {
    return (await Promise.all(this.all.map(({ parts }) => parts.lists.list(user)))).flat()
  }

  async block(user: Jid, changes: readonly BlockChange[]): Promise<void> {
    // Each in the list of the service that it is for; users in that of the user's own domain.
    for (const [parent, { parts }] of this.#desks) {
      const here = changes.filter(({ kind, jid }) =>
        kind === 'room' ? jid.domain === parts.service.domain : parent === user.domain || this.#desks.size === 1,
      )
      if (here.length > 0) await parts.lists.change(user, here)
    }
  }

  async speak(message: Stanza): Promise<void> {
    await speakFor(this.#router, message)
  }

  /** The room of an address, if it is one of these. */
  find(room: Jid): Eventually<LightRoom | undefined> {
    return this.#serving(room)?.parts.rooms.find(room)
  }

  /** Whether a room of this address would be one of these. */
  serves({ domain }: Jid): boolean {
    return this.#serving({ domain }) !== undefined
  }

  /** An account is gone: it leaves every room, whatever that means for the others. */
  async forget(user: Jid): Promise<void> {
    for (const desk of this.all) {
      await desk.parts.lists.forget(user)
      for (const { jid } of await listOf(desk.parts, user)) await leave(desk, jid, user)
    }
  }

  /** The rooms that an account belongs to. */
  async listed(user: Jid) {
    return (await Promise.all(this.all.map(({ parts }) => listOf(parts, user)))).flat()
  }

  get all(): readonly LightDesk[] {
    return [...this.#desks.values()]
  }

  #serving({ domain }: Pick<Jid, 'domain'>): LightDesk | undefined {
    for (const desk of this.#desks.values()) if (desk.parts.service.domain === domain) return desk
    return undefined
  }

  #of(jid: Jid): LightDesk {
    const found = this.#serving(jid)
    if (found === undefined) throw new StanzaError('item-not-found', { text: 'There is no such service' })
    return found
  }

  #describe({ jid, config, occupants }: LightRoom): LightRoomDescription {
    const subject = this.#schema.find(({ key }) => key === 'subject')
    return {
      jid,
      name: nameOf(this.#schema, config, jid.local),
      subject: subject === undefined ? '' : String(config.get('subject') ?? subject.value),
      settings: showConfig(this.#schema, config),
      participants: [...occupants.values()],
    }
  }
}

async function listOf({ store, service }: LightDesk['parts'], user: Jid) {
  const rooms = await store.roomsOf(user)
  return rooms.map((room) => ({ ...room, jid: Jid.of(room.name, service.domain) }))
}

/** Who has left meanwhile is gone already. */
async function leave(desk: LightDesk, room: Jid, user: Jid): Promise<void> {
  try {
    await desk.changeAffiliations(room, [{ jid: user, affiliation: 'none' }], { id: randomId(12), promotes: true })
  } catch (error) {
    if (!(error instanceof StanzaError)) throw error
  }
}
