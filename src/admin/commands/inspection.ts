import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { Host } from '../../router/host.ts'

/** What commands that show how a server is put together work on. */
export interface InspectionServices {
  readonly allHosts: readonly Host[]
  /** The services that the configuration names. */
  readonly services: readonly string[]
  /** The modules that run on a host, in the order in which they were started, with their options. */
  modulesOf(host: Host): readonly { readonly name: string; readonly options: Readonly<Record<string, unknown>> }[]
}

const option = z.strictObject({ key: z.string(), value: z.string() })

const hostTypes = command({
  name: 'server.hostTypes',
  about: 'Tells which modules run on each host type, and how accounts are kept.',
  input: z.strictObject({}),
  output: z.array(
    z.strictObject({
      name: z.string(),
      modules: z.array(z.strictObject({ name: z.string(), options: z.array(option) })),
      authMethods: z.array(z.string()),
    }),
  ),
  scope: 'admin',
  run(_input, services: InspectionServices) {
    return services.allHosts.map((host) => ({
      name: host.type,
      modules: services.modulesOf(host).map(({ name, options }) => ({ name, options: optionsOf(options) })),
      authMethods: [...host.config.auth.methods],
    }))
  },
})

const globalInfo = command({
  name: 'server.globalInfo',
  about: 'Tells which services run, and which internal databases there are.',
  input: z.strictObject({}),
  output: z.strictObject({
    services: z.array(z.strictObject({ name: z.string() })),
    internalDatabases: z.array(z.string()),
  }),
  scope: 'admin',
  run: (_input, { services }: InspectionServices) => ({
    services: services.map((name) => ({ name })),
    internalDatabases: [],
  }),
})

function optionsOf(options: Readonly<Record<string, unknown>>): z.output<typeof option>[] {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: value === Number.POSITIVE_INFINITY ? 'infinity' : JSON.stringify(value) }))
}

const hooks = command({
  name: 'server.hooks',
  about: 'Tells which handlers run at each hook, in their order.',
  input: z.strictObject({ name: z.string().optional().describe('One hook; all of them if none is given.') }),
  output: z.array(
    z.strictObject({
      hostType: z.string(),
      hook: z.string(),
      handlers: z.array(z.strictObject({ slot: z.string(), module: z.string() })),
    }),
  ),
  scope: 'admin',
  run({ name }, services: InspectionServices) {
    const all = services.allHosts.flatMap((host) =>
      host.hooks.describe().map((described) => ({ hostType: host.type, ...described })),
    )
    const found = all.filter(({ hook }) => name === undefined || hook === name)
    if (found.length > 0) return found
    throw new CommandError('not_found', `No module has joined a hook ${name}`, { name })
  },
})

/** Commands that show how the server is put together. */
export const inspectionCommands = [hostTypes, globalInfo, hooks]
