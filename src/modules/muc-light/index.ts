import { Jid } from '../../jid/jid.ts'
import type { ModuleContext } from '../../module/context.ts'
import { defineModule, tables } from '../../module/define.ts'
import { type ServicePoint, subdomainOf } from '../../module/subdomain.ts'
import { domainRemoved, domainWithdrawn, offline, personalData, roomAccess, userRemoved } from '../../router/events.ts'
import type { IqHandler } from '../../router/iq-registry.ts'
import { exportsRooms, importsRooms } from '../../router/room-files.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { momentIds } from '../../util/moment-ids.ts'
import { afterwards } from '../../util/settled.ts'
import { el } from '../../xml/element.ts'
import { RoomRecords } from '../rooms/api.ts'
import { rosterGuests } from '../roster/api.ts'
import { Admission } from './admission.ts'
import { lightBroadcast, mucLightApi } from './api.ts'
import { BlockingLists } from './blocking.ts'
import { lightCommands } from './commands.ts'
import { LIGHT } from './core/namespaces.ts'
import type { Schema } from './core/schema.ts'
import { answerDisco } from './disco.ts'
import { legacy } from './legacy.ts'
import { LightDesk } from './light-desk.ts'
import { LightServices } from './light-services.ts'
import { modern } from './modern.ts'
import { type LightOptions, options, schemaOf } from './options.ts'
import { PortableLightRooms, portableFile } from './portable.ts'
import { tersely } from './requests.ts'
import { LightRooms } from './rooms.ts'
import { LightService } from './service.ts'
import { LightStore, type LightTables, migrations } from './store.ts'

type Context = ModuleContext<LightOptions, LightTables>

export default defineModule({
  name: 'mod_muc_light',
  about: 'Rooms that users belong to whether they are there or not, without presence (MUC Light).',
  xeps: [],
  options,
  iqPolicy: 'parallel',
  tables: tables<LightTables>(),
  migrations,
  commands: lightCommands,
  setup(context) {
    const { options, host, serve, on, provide, find } = context
    const schema = schemaOf(options)
    const dialect = options.legacy_mode ? legacy : modern
    const services = new LightServices(schema, host.router)
    const records = new RoomRecords(find)
    serve({
      template: options.host,
      name: dialect.name,
      node: dialect.ns,
      open(point) {
        const desk = openDesk(context, point, { schema, records })
        services.add(point.parent, desk)
        const front = new LightService(desk, desk.parts.onFailure)
        return (stanza) => front.receive(stanza)
      },
    })
    provide(mucLightApi, services)

    on(lightBroadcast, 'store', (event) => {
      const { room, from, stanza } = event
      const affiliation = room.affiliationOf(from) ?? 'owner'
      const role = affiliation === 'owner' ? 'moderator' : 'participant'
      return afterwards(records.keep({ room: room.jid, stanza, sender: from, affiliation, role }), (kept) => {
        event.stanza = kept
      })
    })
    // Who is away is no reason to trouble a room with errors.
    on(offline, 'stub', ({ stanza }) =>
      stanza.type === 'groupchat' && stanza.from !== undefined && services.serves(stanza.from) ? 'dropped' : undefined,
    )
    on(roomAccess, 'main', ({ room, user }) => {
      if (!services.serves(room)) return undefined
      return afterwards(services.find(room), (found) =>
        found?.affiliationOf(user) === undefined ? 'stranger' : 'member',
      )
    })
    if (options.rooms_in_rosters) {
      on(rosterGuests, 'main', async ({ account }) =>
        (await services.listed(account)).map(({ jid, title, version }) => ({
          ...{ jid, name: title, groups: [LIGHT.main] },
          extra: [el('version', '', version)],
        })),
      )
    }
    const portable = new PortableLightRooms(() => services.all, schema, records)
    on(exportsRooms, 'main', () => ({ file: portableFile, lines: portable.lines() }))
    on(importsRooms, 'main', (event) => (event.file === portableFile ? portable.take(event) : undefined))
    on(userRemoved, 'forget', ({ user }) => services.forget(user))
    on(personalData, 'collect', async ({ user }) => ({
      name: 'muc_light',
      rows: (await services.listed(user)).map(({ jid, affiliation }) => ({ room: jid.full, role: affiliation })),
    }))
    on(personalData, 'collect', async ({ user }) => ({
      name: 'muc_light_blocking',
      rows: (await services.blockedBy(user)).map(({ kind, jid }) => ({ kind, jid: jid.full })),
    }))
    on(domainWithdrawn, 'main', ({ domain }) => services.withdraw(domain))
    on(domainRemoved, 'forget', ({ domain }) => forgetDomain(context, { schema, records }, domain))
  },
})

interface Shared {
  readonly schema: Schema
  readonly records: RoomRecords
}

/** Puts a service together and has it answer what it is asked. */
function openDesk(context: Context, point: ServicePoint, { schema, records }: Shared): LightDesk {
  const { host, options, db, clock, log, metrics } = context
  const service = point.jid
  const store = new LightStore(db, service.domain, schema, momentIds(clock))
  const lists = new BlockingLists(db, service.domain)
  const read = metrics.counter('mod_muc_light_room_read_count', 'Rooms that were not in memory')
  const desk = new LightDesk({
    ...{ host, service, options, schema, store, lists, records },
    rooms: new LightRooms(store, () => read.inc()),
    admission: new Admission(store, lists, options),
    dialect: options.legacy_mode ? legacy : modern,
    onFailure: (error) => log.error({ what: 'muc_light_failed', service: service.domain, reason: error }),
  })
  const iqs = { service: tersely(point.iq), room: tersely(point.iqBelow) }
  desk.parts.dialect.answer(iqs, desk)
  answerDisco(iqs, desk, context)
  const unknown: IqHandler = () => {
    throw new StanzaError('feature-not-implemented')
  }
  const other: IqHandler = async (request, session) => {
    const room = await desk.seenBy(request.to, request.from)
    const isOwner = room.affiliationOf(request.from) === 'owner'
    const answer = await records.answer(request, session, { mayRead: true, isOwner, seesAddresses: false })
    if (answer === undefined) throw new StanzaError('feature-not-implemented')
    return answer === 'done' ? undefined : answer
  }
  for (const type of ['get', 'set'] as const) {
    iqs.service(type, '*', '*', unknown)
    iqs.room(type, '*', '*', other)
  }
  return desk
}

/** A domain is gone with its users; so are the rooms of its service, where it has one of its own. */
async function forgetDomain({ options, db, clock }: Context, { schema, records }: Shared, domain: string) {
  const service = subdomainOf(options.host, domain)
  if (!options.host.includes('@HOST@')) return new BlockingLists(db, service.domain).forgetDomain(domain)
  const store = new LightStore(db, service.domain, schema, momentIds(clock))
  for (const name of await store.names()) await records.forget(Jid.of(name, service.domain))
  await store.forget()
}
