import { Jid } from '../../jid/jid.ts'
import type { Router } from '../../router/router.ts'
import { speakFor } from '../../router/send-for.ts'
import { DataForm } from '../../stanza/data-form.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import { el } from '../../xml/element.ts'
import type { MucApi, RoomView } from './api.ts'
import { applyChanges, type Change, preparedNick } from './core/administration.ts'
import { allSettings, reconfigure, submittedConfig } from './core/configuration.ts'
import { dissolve } from './core/leaving.ts'
import { MUC } from './core/namespaces.ts'
import type { Outbox } from './core/outbox.ts'
import type { Room, RoomFeature } from './core/room.ts'
import { type Affiliation, isAtLeast, type Role } from './core/standing.ts'
import type { OpenService } from './open-service.ts'

/** What operators and other modules do with rooms, as nobody in particular. */
export class MucDesk implements MucApi {
  readonly #services: Map<string, OpenService>
  readonly #features: RoomFeature[]
  readonly #router: Router

  constructor(services: Map<string, OpenService>, features: RoomFeature[], router: Router) {
    this.#services = services
    this.#features = features
    this.#router = router
  }

  get services(): readonly Jid[] {
    return this.#all.map(({ jid }) => jid)
  }

  serviceOf(domain: string): Jid | undefined {
    // One address may be for all domains.
    return (this.#services.get(domain) ?? (this.#services.size === 1 ? this.#all[0] : undefined))?.jid
  }

  /** Rooms in memory. */
  get awake(): number {
    return this.#all.reduce((sum, { rooms }) => sum + rooms.size, 0)
  }

  async room(jid: Jid): Promise<RoomView | undefined> {
    return this.#all.find((service) => service.jid.domain === jid.domain)?.rooms.run(jid, (room) => room)
  }

  /** Whether somebody is inside a room or belongs to it; undefined where there is none of these. */
  accessOf(room: Jid, user: Jid): Eventually<'member' | 'stranger' | undefined> {
    const service = this.#all.find(({ jid }) => jid.domain === room.domain)
    if (service === undefined) return undefined
    return afterwards(
      service.rooms.run(room, (found) => found),
      (found) => {
        if (found === undefined) return 'stranger'
        const isIn = found.occupants.of(user).length > 0 || isAtLeast(found.affiliationOf(user), 'member')
        return isIn ? 'member' : 'stranger'
      },
    )
  }

  list(service: Jid): { jid: Jid; name: string }[] {
    const { memory } = this.#of(service)
    const items = memory.directory.page(service.domain, undefined, () => undefined)
    const list = 'set' in items ? items.items : items
    return list.map(({ jid, name = '' }) => ({ jid: Jid.parse(jid), name }))
  }

  async create(jid: Jid, owner: Jid, nick: string): Promise<void> {
    const { rooms, maker, keeper } = this.#of(jid)
    await rooms.run(jid, async (room, out) => {
      if (room !== undefined) throw new StanzaError('conflict', { text: 'The room is there already' })
      const made = maker.make(jid, owner, out)
      made.affiliations.set({ jid: owner.bare, affiliation: 'owner', reason: '', nick: preparedNick(made, nick) })
      // Nobody is inside: only what is stored stays.
      await keeper.config(made, { ...made.config, isPersistent: true })
      made.config = { ...made.config, isPersistent: true }
      made.isLocked = false
    })
  }

  async destroy(jid: Jid, reason: string): Promise<void> {
    await this.#with(jid, async (room, { keeper }, out) => {
      await keeper.remove(room)
      dissolve(room, el('destroy', MUC.user, reason === '' ? undefined : el('reason', MUC.user, reason)), out)
    })
  }

  async configure(jid: Jid, settings: Readonly<Record<string, string>>): Promise<void> {
    await this.#with(jid, async (room, { keeper, rooms }, out) => {
      const fields = Object.entries({ FORM_TYPE: MUC.roomConfig, ...settings })
      const form = new DataForm(
        'submit',
        fields.map(([name, value]) => ({ var: name, values: [value] })),
      )
      const [owner = room.jid] = room.affiliations.list('owner').map((entry) => entry.jid)
      const next = submittedConfig(room, owner, form)
      await keeper.config(room, next)
      reconfigure(room, next, out)
      rooms.list(room)
    })
  }

  async setAffiliation(jid: Jid, user: Jid, affiliation: Affiliation): Promise<void> {
    await this.#with(jid, async (room, { keeper }, out) => {
      if (affiliation !== 'owner' && room.affiliations.isLastOwner(user.bare)) throw new StanzaError('conflict')
      const change = affiliationChange(room, user.bare, affiliation)
      await keeper.changes(room, [change])
      applyChanges(room, [change], undefined, out)
    })
  }

  async setRole(jid: Jid, nick: string, role: Role, reason: string): Promise<void> {
    await this.#with(jid, (room, _service, out) => {
      const occupant = room.occupants.named(nick)
      if (occupant === undefined) throw new StanzaError('item-not-found', { text: 'Nobody of that nick is there' })
      applyChanges(room, [{ kind: 'role', occupant, role, reason }], undefined, out)
    })
  }

  async affiliations(jid: Jid): Promise<{ jid: Jid; affiliation: Affiliation }[]> {
    return this.#with(jid, (room) => room.affiliations.list().map((entry) => ({ ...entry })))
  }

  async settings(jid: Jid): Promise<Record<string, readonly string[]>> {
    return this.#with(jid, (room) => allSettings(room))
  }

  async speak(stanza: Stanza): Promise<void> {
    if (stanza.kind === 'message') await speakFor(this.#router, stanza)
    else await this.#router.route(stanza)
  }

  addFeature(feature: RoomFeature): () => void {
    this.#features.push(feature)
    return () => void this.#features.splice(this.#features.indexOf(feature), 1)
  }

  /** An account is gone: no room knows it any more. */
  async forget(user: Jid): Promise<void> {
    for (const { jid, memory, rooms, keeper } of this.#all) {
      await memory.nicks.forget(user)
      const stored = (await memory.store.affiliationsOf(user)).map(({ room }) => room)
      const awake = [...rooms.awake()].filter((room) => room.affiliations.entry(user.bare) !== undefined)
      for (const name of new Set([...stored, ...awake.map(({ jid }) => jid.local)])) {
        await rooms.run(Jid.of(name, jid.domain), async (room, out) => {
          if (room === undefined) return
          const change = affiliationChange(room, user.bare, 'none')
          await keeper.changes(room, [change])
          applyChanges(room, [change], undefined, out)
        })
      }
    }
  }

  /** What rooms know of an account. */
  async exported(user: Jid): Promise<Record<string, unknown>[]> {
    const rows: Record<string, unknown>[] = []
    for (const { jid, memory } of this.#all) {
      const nick = memory.nicks.nickOf(user)
      if (nick !== undefined) rows.push({ service: jid.domain, registered_nick: nick })
      for (const { room, affiliation, nick: reserved } of await memory.store.affiliationsOf(user)) {
        rows.push({ room: `${room}@${jid.domain}`, affiliation, nick: reserved })
      }
    }
    return rows
  }

  async hibernate(idleSince: number): Promise<void> {
    for (const { rooms } of this.#all) await rooms.hibernate(idleSince)
  }

  /** Tells everybody that the rooms close. */
  async close(): Promise<void> {
    for (const { rooms } of this.#all) await rooms.closeAll()
  }

  /** A domain is served no longer: its rooms close and stay on disk. */
  async withdraw(domain: string): Promise<void> {
    const service = this.#services.get(domain)
    this.#services.delete(domain)
    await service?.rooms.closeAll()
  }

  get #all(): OpenService[] {
    return [...this.#services.values()]
  }

  #of(jid: Jid): OpenService {
    const found = this.#all.find((service) => service.jid.domain === jid.domain)
    if (found === undefined) throw new StanzaError('item-not-found', { text: 'There is no such service' })
    return found
  }

  async #with<T>(jid: Jid, job: (room: Room, service: OpenService, out: Outbox) => T | Promise<T>): Promise<T> {
    const service = this.#of(jid)
    return service.rooms.run(jid, (room, out) => {
      if (room === undefined) throw new StanzaError('item-not-found', { text: 'Conference room does not exist' })
      return job(room, service, out)
    })
  }
}

function affiliationChange(room: Room, jid: Jid, affiliation: Affiliation): Change & { kind: 'affiliation' } {
  const entry = room.affiliations.entry(jid)
  return {
    kind: 'affiliation',
    before: entry?.affiliation ?? 'none',
    entry: { jid, affiliation, reason: '', nick: affiliation === 'none' ? '' : (entry?.nick ?? '') },
  }
}
