import type { Jid } from '../../jid/jid.ts'
import type { ModuleContext } from '../../module/context.ts'
import type { ServicePoint } from '../../module/subdomain.ts'
import { randomId } from '../../util/random-id.ts'
import { discoApi } from '../disco/api.ts'
import { AttendanceBook } from './attendance.ts'
import type { RoomFeature } from './core/room.ts'
import { RoomDirectory } from './directory.ts'
import { dispatch } from './dispatch.ts'
import { answerExtensions } from './extension-iqs.ts'
import { answerHats } from './hat-commands.ts'
import { RoomKeeper } from './keeper.ts'
import { MessageDesk } from './message-desk.ts'
import { NickRegistry } from './nick-registry.ts'
import type { MucOptions } from './options.ts'
import type { PasswordService } from './password-service.ts'
import { PresenceDesk } from './presence-desk.ts'
import { answerRooms, askModules, roomHandlers } from './room-iqs.ts'
import { RoomMaker } from './room-maker.ts'
import { Rooms } from './rooms.ts'
import { MucService } from './service.ts'
import { answerService, guarded } from './service-iqs.ts'
import { MucStore, type MucTables } from './store.ts'
import { ServiceSurroundings } from './surroundings.ts'
import { Traffic } from './traffic.ts'

type Context = ModuleContext<MucOptions, MucTables>

/** What a service knows from the disk before anybody can ask it. */
export interface ServiceMemory {
  readonly store: MucStore
  readonly directory: RoomDirectory
  readonly nicks: NickRegistry
  /** Makes the ids of occupants. */
  readonly secret: string
}

/** One service with all that belongs to it. */
export interface OpenService {
  readonly jid: Jid
  readonly parent: string
  readonly memory: ServiceMemory
  readonly rooms: Rooms
  readonly keeper: RoomKeeper
  readonly maker: RoomMaker
  readonly surroundings: ServiceSurroundings
}

/** Reads what a service has on disk. */
export async function recall({ db }: Context, jid: Jid): Promise<ServiceMemory> {
  const store = new MucStore(db, jid.domain)
  const nicks = new NickRegistry(store, jid)
  await nicks.load()
  return {
    store,
    nicks,
    directory: new RoomDirectory(await store.listings()),
    secret: await store.secret(randomId(32)),
  }
}

export interface OpeningParts {
  readonly features: readonly RoomFeature[]
  readonly memory: ServiceMemory
  readonly passwords: PasswordService | undefined
}

/** Puts a service together and has it answer what it is asked. */
export function openService(
  context: Context,
  point: ServicePoint,
  { features, memory, passwords }: OpeningParts,
): { readonly service: OpenService; readonly front: MucService } {
  const { host, options, db, clock, log } = context
  const { store, directory, nicks, secret } = memory
  const { jid, parent } = point
  const attendance = new AttendanceBook()
  const surroundings = new ServiceSurroundings({ host, options, parent, features, attendance, nicks, secret })
  const keeper = new RoomKeeper(store, directory, db)
  const rooms = new Rooms({ directory, store, surroundings, dispatch: (room, out) => dispatch(host, room, out) })
  const maker = new RoomMaker(rooms, options)
  const contactForm = () => {
    const form = context.find(discoApi)?.contactForm(context.name)
    return form === undefined ? [] : [form]
  }
  answerService(point, { host, rooms, directory, nicks, surroundings, contactForm })
  const iq = guarded(point.iqBelow, surroundings)
  answerRooms(iq, { host, rooms, keeper })
  answerExtensions(roomHandlers(iq, rooms), host, keeper)
  answerHats(roomHandlers(iq, rooms), keeper)
  askModules(iq, { host, rooms, keeper })
  const rateOf = (name: string) => host.config.shaper[name]?.max_rate ?? Number.POSITIVE_INFINITY
  const front = new MucService({
    host,
    rooms,
    surroundings,
    messages: new MessageDesk(host, keeper),
    presences: new PresenceDesk({ rooms, maker, surroundings, options, passwords }),
    traffic: new Traffic(options, rateOf, clock),
    onFailure: (error) => log.error({ what: 'muc_failed', service: jid.full, reason: error }),
  })
  return { service: { jid, parent, memory, rooms, keeper, maker, surroundings }, front }
}
