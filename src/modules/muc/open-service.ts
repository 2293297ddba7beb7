import type { Jid } from '../../jid/jid.ts'
import type { ModuleContext } from '../../module/context.ts'
import type { ServicePoint } from '../../module/subdomain.ts'
import { TurnShare } from '../../util/turn-share.ts'
import { discoApi } from '../disco/api.ts'
import { AttendanceBook } from './attendance.ts'
import type { RoomFeature } from './core/room.ts'
import { dispatch, forget } from './dispatch.ts'
import { answerExtensions } from './extension-iqs.ts'
import { answerHats } from './hat-commands.ts'
import { RoomKeeper } from './keeper.ts'
import { MessageDesk } from './message-desk.ts'
import type { MucOptions } from './options.ts'
import type { PasswordService } from './password-service.ts'
import { PresenceDesk } from './presence-desk.ts'
import { answerRooms, askModules, roomHandlers } from './room-iqs.ts'
import { RoomMaker } from './room-maker.ts'
import { Rooms } from './rooms.ts'
import { MucService } from './service.ts'
import { answerService, guarded } from './service-iqs.ts'
import { ServiceMemory } from './service-memory.ts'
import { MucStore, type MucTables } from './store.ts'
import { ServiceSurroundings } from './surroundings.ts'
import { Traffic } from './traffic.ts'

type Context = ModuleContext<MucOptions, MucTables>

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

export interface OpeningParts {
  readonly features: readonly RoomFeature[]
  readonly passwords: PasswordService | undefined
}

/** Stanzas that rooms send before others have a turn: some fifty milliseconds of work. */
const deliveriesOfTurn = 20_000

/** What a room does for one request or stanza besides, in deliveries. */
const effort = 20

/** Puts a service together and has it answer what it is asked. */
export function openService(
  context: Context,
  point: ServicePoint,
  { features, passwords }: OpeningParts,
): { readonly service: OpenService; readonly front: MucService } {
  const { host, options, db, clock, log, limitReached } = context
  const { jid, parent } = point
  const memory = new ServiceMemory(new MucStore(db, jid.domain), jid)
  const { store, directory, nicks } = memory
  const attendance = new AttendanceBook()
  const surroundings = new ServiceSurroundings({ limitReached, host, options, parent, features, attendance, memory })
  const keeper = new RoomKeeper(store, directory, db)
  const share = new TurnShare(deliveriesOfTurn)
  const rooms = new Rooms({
    directory,
    store,
    surroundings,
    dispatch(room, out) {
      share.spend(out.deliveries + effort)
      return dispatch(host, room, out)
    },
    forget: (room) => forget(host, room),
  })
  const maker = new RoomMaker(rooms, options)
  const contactForm = () => {
    const form = context.find(discoApi)?.contactForm(context.name)
    return form === undefined ? [] : [form]
  }
  answerService({ ...point, iq: once(memory, point.iq) }, { host, rooms, directory, nicks, surroundings, contactForm })
  const iq = guarded(once(memory, point.iqBelow), surroundings)
  answerRooms(iq, { host, rooms, keeper })
  answerExtensions(roomHandlers(iq, rooms), host, keeper)
  answerHats(roomHandlers(iq, rooms), keeper)
  askModules(iq, { host, rooms, keeper })
  const rateOf = (name: string) => host.config.shaper[name]?.max_rate ?? Number.POSITIVE_INFINITY
  const front = new MucService({
    memory,
    host,
    rooms,
    surroundings,
    messages: new MessageDesk(host, keeper),
    presences: new PresenceDesk({ rooms, maker, surroundings, options, passwords }),
    traffic: new Traffic(options, rateOf, clock),
    share,
    onFailure: (error) => log.error({ what: 'muc_failed', service: jid.full, reason: error }),
  })
  return { service: { jid, parent, memory, rooms, keeper, maker, surroundings }, front }
}

/** Lets requests wait until what is on disk has been read. */
function once(memory: ServiceMemory, iq: ServicePoint['iq']): ServicePoint['iq'] {
  return (type, ns, name, handler) =>
    iq(type, ns, name, (request, session) => {
      const ready = memory.whenReady()
      return ready === undefined ? handler(request, session) : ready.then(() => handler(request, session))
    })
}
