import type { ModuleContext } from '../../module/context.ts'
import { defineModule, tables } from '../../module/define.ts'
import { parentsOf, subdomainOf } from '../../module/subdomain.ts'
import { openHttpPool } from '../../net/configured-pool.ts'
import { hostStops, personalData, userRemoved } from '../../router/events.ts'
import { mucApi } from './api.ts'
import { mucCommands } from './commands.ts'
import { usualFeatures } from './features/usual.ts'
import { MucDesk } from './muc-desk.ts'
import { type OpenService, openService, recall, type ServiceMemory } from './open-service.ts'
import { type MucOptions, options } from './options.ts'
import { PasswordService } from './password-service.ts'
import { serviceName } from './service-iqs.ts'
import { type MucTables, migrations } from './store.ts'

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
    { xep: 486, version: '0.1.0' },
    { xep: 500, version: '0.1.1' },
  ],
  options,
  iqPolicy: 'parallel',
  tables: tables<MucTables>(),
  migrations,
  commands: mucCommands,
  async setup(context) {
    const { name, options, host, serve, on, every, onStop, provide, clock, metrics } = context
    const features = usualFeatures()
    const pool = await passwordPool(context)
    if (pool !== undefined) onStop(() => pool.close())
    const passwords = pool && new PasswordService((path) => pool.call({ method: 'GET', path }))
    // What is on disk is read before anybody can ask for it.
    const memories = new Map<string, ServiceMemory>()
    for (const parent of parentsOf(host, options.host)) {
      memories.set(parent, await recall(context, subdomainOf(options.host, parent)))
    }
    const services: OpenService[] = []
    serve({
      template: options.host,
      name: serviceName,
      open(point) {
        const memory = memories.get(point.parent)
        if (memory === undefined) throw new Error(`${name}: nothing was read for ${point.parent}`)
        const { service, front } = openService(context, point, { features, memory, passwords })
        services.push(service)
        return (stanza) => front.receive(stanza)
      },
    })

    const desk = new MucDesk(services, features, host.router)
    provide(mucApi, desk)
    on(userRemoved, 'forget', ({ user }) => desk.forget(user))
    on(personalData, 'collect', async ({ user }) => ({ name: 'muc', rows: await desk.exported(user) }))
    on(hostStops, 'announce', () => desk.close())
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

/** The connections on which passwords are checked, if that is configured. Rejects when there are none of that name. */
async function passwordPool({ host, options, clock }: ModuleContext<MucOptions, MucTables>) {
  const tag = options.http_auth_pool
  if (tag === undefined) return undefined
  const table = host.config.outgoing_pools.http[tag]
  if (table === undefined) throw new Error(`there is no outgoing_pools.http.${tag}`)
  return openHttpPool(table, clock)
}
