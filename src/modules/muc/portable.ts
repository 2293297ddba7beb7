import { z } from 'zod'
import { Jid } from '../../jid/jid.ts'
import type { Imported } from '../../router/events.ts'
import type { ImportedRoomLine, RoomLine } from '../../router/room-files.ts'
import { formatTimestamp, parseTimestamp } from '../../stanza/delay.ts'
import { badLine, type RoomRecords, readRoomLine, roomAddress, roomExists } from '../rooms/api.ts'
import { applyChanges, type Change } from './core/administration.ts'
import { allSettings, writtenConfig } from './core/configuration.ts'
import type { Outbox } from './core/outbox.ts'
import { Room, type RoomRecord, type Subject } from './core/room.ts'
import { usualConfig } from './core/room-config.ts'
import type { OpenService } from './open-service.ts'

/** The file that rooms of this kind are exported to. */
export const portableFile = 'muc.jsonl'

const affiliation = z.strictObject({
  jid: z.string(),
  affiliation: z.enum(['outcast', 'member', 'admin', 'owner']),
  nick: z.string().optional(),
  reason: z.string().optional(),
})

const described = z.strictObject({
  room: z.string(),
  /** By the names of the owner's form (XEP-0045 §10.2). */
  configuration: z.record(z.string(), z.array(z.string())),
  affiliations: z.array(affiliation),
  subject: z.strictObject({ text: z.string(), author: z.string(), at: z.string().optional() }).optional(),
  extras: z
    .strictObject({
      vcard: z.string().optional(),
      avatarHash: z.string().optional(),
      hats: z.array(z.strictObject({ uri: z.string(), title: z.string(), hue: z.string().optional() })).optional(),
      wearers: z.record(z.string(), z.array(z.string())).optional(),
    })
    .optional(),
})
type Described = z.output<typeof described>

/** Takes rooms to another server: a line for each, its history after it. */
export class PortableRooms {
  readonly #services: ReadonlyMap<string, OpenService>
  readonly #records: RoomRecords

  constructor(services: ReadonlyMap<string, OpenService>, records: RoomRecords) {
    this.#services = services
    this.#records = records
  }

  /** Every room that is stored, as it is on disk: that is how it is. */
  async *lines(): AsyncGenerator<RoomLine> {
    for (const { jid, memory, surroundings } of this.#services.values()) {
      for (const name of memory.directory.names.filter((each) => memory.directory.isStored(each))) {
        const record = await memory.store.load(name)
        if (record === undefined) continue
        const room = new Room(Jid.of(name, jid.domain), surroundings, record)
        yield lineOf(room, record)
        yield* this.#records.lines(room.jid)
      }
    }
  }

  /** Takes such a line; undefined where the service is somebody else's. Throws StanzaError, which says what is wrong. */
  async take({ line, merge, isDryRun }: ImportedRoomLine): Promise<Imported | undefined> {
    const jid = roomAddress(line)
    if (jid === undefined) throw badLine('this is no address of a room')
    const service = [...this.#services.values()].find((each) => each.jid.domain === jid.domain)
    if (service === undefined) return undefined
    if (line['message'] !== undefined) return this.#records.take(jid, line['message'], isDryRun)
    const read = readRoomLine(described, line)
    await service.rooms.run(jid, (existing, out) => {
      if (existing === undefined) return create(service, { jid, read, isDryRun })
      if (!merge) throw roomExists()
      return complete(service, { room: existing, read, isDryRun }, out)
    })
    return { kind: 'rooms', count: 1 }
  }
}

function lineOf(room: Room, { affiliations, subject, extras }: RoomRecord): RoomLine {
  return {
    room: room.jid.full,
    configuration: allSettings(room),
    affiliations: [...affiliations].map(({ jid, affiliation, nick, reason }) => ({
      jid: jid.full,
      affiliation,
      ...(nick === '' ? {} : { nick }),
      ...(reason === '' ? {} : { reason }),
    })),
    ...(subject === undefined ? {} : { subject: shownSubject(subject) }),
    ...(Object.keys(extras).length === 0 ? {} : { extras }),
  }
}

function shownSubject({ text, author, at }: Subject) {
  return { text, author, ...(at === undefined ? {} : { at: formatTimestamp(at) }) }
}

/** Writes a room that is new here; it wakes when somebody asks for it. */
async function create(
  { keeper, surroundings }: OpenService,
  { jid, read, isDryRun }: { jid: Jid; read: Described; isDryRun: boolean },
): Promise<void> {
  const room = new Room(jid, surroundings, {
    config: usualConfig,
    affiliations: [],
    version: undefined,
    subject: subjectOf(read),
    extras: extrasOf(read),
  })
  const changes = changesOf(room, read)
  // What cannot be kept is refused; nothing is stored yet.
  await keeper.changes(room, changes)
  for (const { entry } of changes) room.affiliations.set(entry)
  const settings = Object.entries(read.configuration).map(([name, values]) => ({ var: name, values }))
  const config = { ...writtenConfig(room, settings), isPersistent: true }
  if (!isDryRun) await keeper.config(room, config)
}

/** Adds those to a room who have nothing to do with it yet. */
async function complete(
  { keeper }: OpenService,
  { room, read, isDryRun }: { room: Room; read: Described; isDryRun: boolean },
  out: Outbox,
): Promise<void> {
  const changes = changesOf(room, read)
  if (isDryRun) return
  await keeper.changes(room, changes)
  applyChanges(room, changes, undefined, out)
}

function changesOf(room: Room, { affiliations }: Described): (Change & { kind: 'affiliation' })[] {
  return affiliations.flatMap(({ jid: text, affiliation, nick = '', reason = '' }) => {
    const jid = Jid.tryParse(text)
    if (jid === undefined) throw badLine(`${text} is no address`)
    if (room.affiliations.entry(jid) !== undefined) return []
    return [{ kind: 'affiliation', before: 'none', isInvited: true, entry: { jid, affiliation, nick, reason } }]
  })
}

function subjectOf({ subject }: Described): Subject | undefined {
  return subject === undefined
    ? undefined
    : { ...subject, at: subject.at === undefined ? undefined : parseTimestamp(subject.at) }
}

function extrasOf({ extras = {} }: Described): RoomRecord['extras'] {
  return { ...extras, hats: extras.hats?.map(({ uri, title, hue }) => ({ uri, title, hue })) }
}
