import { z } from 'zod'
import { Jid } from '../../jid/jid.ts'
import type { Imported } from '../../router/events.ts'
import type { ImportedRoomLine, RoomLine } from '../../router/room-files.ts'
import { randomId } from '../../util/random-id.ts'
import { badLine, type RoomRecords, readRoomLine, roomAddress, roomExists } from '../rooms/api.ts'
import { type LightRoom, type Occupant, occupantsOf } from './core/room.ts'
import { readConfig, type Schema, showConfig } from './core/schema.ts'
import type { LightDesk } from './light-desk.ts'
import { longestAddress, longestName } from './store.ts'

/** The file that rooms of this kind are exported to. */
export const portableFile = 'muc_light.jsonl'

const described = z.strictObject({
  room: z.string().max(2 * longestName),
  version: z.string().min(1).max(64),
  /** By the names of the schema. */
  configuration: z.record(z.string(), z.string()),
  /** In the order of joining. */
  affiliations: z
    .array(z.strictObject({ jid: z.string().max(longestAddress), affiliation: z.enum(['owner', 'member']) }))
    .min(1),
})
type Described = z.output<typeof described>

/** Takes rooms to another server: a line for each, its history after it. */
export class PortableLightRooms {
  readonly #desks: () => readonly LightDesk[]
  readonly #schema: Schema
  readonly #records: RoomRecords

  constructor(desks: () => readonly LightDesk[], schema: Schema, records: RoomRecords) {
    this.#desks = desks
    this.#schema = schema
    this.#records = records
  }

  async *lines(): AsyncGenerator<RoomLine> {
    for (const { parts } of this.#desks()) {
      for (const name of (await parts.store.names()).sort()) {
        const room = await parts.store.load(name)
        if (room === undefined) continue
        yield this.#lineOf(room)
        yield* this.#records.lines(room.jid)
      }
    }
  }

  /** Takes such a line; undefined where the service is somebody else's. Throws StanzaError, which says what is wrong. */
  async take({ line, merge, isDryRun }: ImportedRoomLine): Promise<Imported | undefined> {
    const jid = roomAddress(line)
    if (jid === undefined) throw badLine('this is no address of a room')
    const desk = this.#desks().find(({ parts }) => parts.service.domain === jid.domain)
    if (desk === undefined) return undefined
    if (line['message'] !== undefined) return this.#records.take(jid, line['message'], isDryRun)
    const read = readRoomLine(described, line)
    const occupants = read.affiliations.map(occupantOf)
    const existing = await desk.parts.rooms.find(jid)
    if (existing !== undefined && !merge) throw roomExists()
    const config = readConfig(this.#schema, Object.entries(read.configuration))
    if (isDryRun) return { kind: 'MUC Light rooms', count: 1 }
    if (existing === undefined) {
      await desk.adopt({ jid, version: read.version, config, occupants: occupantsOf(occupants) })
    } else await complete(desk, existing, occupants)
    return { kind: 'MUC Light rooms', count: 1 }
  }

  #lineOf({ jid, version, config, occupants }: LightRoom): RoomLine {
    return {
      room: jid.full,
      version,
      configuration: Object.fromEntries(showConfig(this.#schema, config)),
      affiliations: [...occupants.values()].map(({ jid: each, affiliation }) => ({ jid: each.full, affiliation })),
    }
  }
}

/** Adds those to a room who do not belong to it yet; as members, since it has its owner. */
async function complete(desk: LightDesk, room: LightRoom, occupants: readonly Occupant[]): Promise<void> {
  const missing = occupants.filter(({ jid }) => room.affiliationOf(jid) === undefined)
  if (missing.length === 0) return
  const changes = missing.map(({ jid }) => ({ jid, affiliation: 'member' }) as const)
  await desk.changeAffiliations(room.jid, changes, { id: randomId(12) })
}

function occupantOf({ jid: text, affiliation }: Described['affiliations'][number]): Occupant {
  const jid = Jid.tryParse(text)
  if (jid === undefined || jid.isFull) throw badLine(`${text} is no address of an account`)
  return { jid, affiliation }
}
