import type { ModuleContext } from '../../module/context.ts'
import { defineModule, tables } from '../../module/define.ts'
import { subdomainOf } from '../../module/subdomain.ts'
import {
  domainRemoved,
  domainWithdrawn,
  hostStops,
  personalData,
  roomAccess,
  userRemoved,
} from '../../router/events.ts'
import { exportsRooms, importsRooms } from '../../router/room-files.ts'
import { RoomRecords } from '../rooms/api.ts'
import { mucApi } from './api.ts'
import { linkArchive } from './archive-link.ts'
import { mucCommands } from './commands.ts'
import { usualFeatures } from './features/usual.ts'
import { linkInbox } from './inbox-link.ts'
import { MucDesk } from './muc-desk.ts'
import { type OpenService, openService } from './open-service.ts'
import { type MucOptions, options } from './options.ts'
import { PasswordService } from './password-service.ts'
import { PortableRooms, portableFile } from './portable.ts'
import { serviceName } from './service-iqs.ts'
import { MucStore, type MucTables, migrations } from './store.ts'

export default defineModule({
  name: 'mod_muc',
  about: 'Rooms in which many people talk (multi-user chat).',
  xeps: [
    { xep: 45, version: '1.35.5' },
    { xep: 249, version: '1.2' },
    { xep: 317, version: '0.3.1' },
    { xep: 410, version: '1.1.0' },
    { xep: 421, version: '1.0.1' },
    { xep: 424, version: '0.4.2' },
    { xep: 425, version: '0.3.0' },
    { xep: 463, version: '0.2.0' },
    { xep: 486, version: '0.1.0' },
    { xep: 500, version: '0.1.1' },
    { xep: 502, version: '0.1.0' },
  ],
  options,
  iqPolicy: 'parallel',
  tables: tables<MucTables>(),
  migrations,
  commands: mucCommands,
  async setup(context) {
    const { options, host, serve, on, every, onStop, provide, clock, metrics, db } = context
    const features = usualFeatures()
    const passwords = await passwordService(context)
    const services = new Map<string, OpenService>()
    serve({
      template: options.host,
      name: serviceName,
      open(point) {
        const { service, front } = openService(context, point, { features, passwords })
        services.set(point.parent, service)
        return (stanza) => front.receive(stanza)
      },
    })
    // At the start, what is on disk is read before anybody can ask for it.
    for (const { memory } of services.values()) await memory.whenReady()

    // At the end of a room inboxes do not wait for its archive to be deleted.
    linkInbox(context, (domain) => [...services.values()].find(({ jid }) => jid.domain === domain)?.parent)
    linkArchive(context)
    const desk = new MucDesk(services, features, host.router)
    provide(mucApi, desk)
    on(roomAccess, 'main', ({ room, user }) => desk.accessOf(room, user))
    on(userRemoved, 'forget', ({ user }) => desk.forget(user))
    on(personalData, 'collect', async ({ user }) => ({
      name: 'muc_affiliations',
      rows: await desk.exported(user),
    }))
    const portable = new PortableRooms(services, new RoomRecords(context.find))
    on(exportsRooms, 'main', () => ({ file: portableFile, lines: portable.lines() }))
    on(importsRooms, 'main', (event) => (event.file === portableFile ? portable.take(event) : undefined))
    on(hostStops, 'announce', () => desk.close())
    on(domainWithdrawn, 'main', ({ domain }) => desk.withdraw(domain))
    on(domainRemoved, 'forget', ({ domain }) => {
      if (options.host.includes('@HOST@')) return new MucStore(db, subdomainOf(options.host, domain).domain).forget()
    })
    onStop(() => desk.close())

    const awake = metrics.gauge('mod_muc_rooms', 'Rooms in memory')
    every(10_000, () => awake.set(desk.awake))
    const interval = options.hibernated_room_check_interval
    if (!Number.isFinite(interval)) return
    every(interval, () => {
      void desk.hibernate(clock.now() - options.hibernate_timeout - options.hibernated_room_timeout)
    })
  },
})

/** Who knows the passwords of rooms, if that is configured. Rejects when there are no connections of that name. */
async function passwordService({ options, pools }: ModuleContext<MucOptions, MucTables>) {
  const tag = options.http_auth_pool
  if (tag === undefined) return undefined
  const pool = await pools.http(tag)
  return new PasswordService((path) => pool.call({ method: 'GET', path }))
}
