import { z } from 'zod'
import { notBuilt, oneOf } from './option.ts'

/** What the configuration needs to know of a module. */
export interface ModuleDeclaration {
  /** `mod_x`. */
  readonly name: string
  readonly about?: string
  readonly options: z.ZodObject
  /** Cannot serve domains that come and go. */
  readonly staticOnly?: boolean
  /** Is right on every node of a cluster: what it remembers is told to the others. It is refused there without. */
  readonly inCluster?: boolean
  /** Former names. */
  readonly aliases?: readonly string[]
}

/** Modules that are loaded when a configuration names them. */
export interface ModuleSource {
  /** Every module there is: what has been loaded as it is declared, of the others the names. */
  readonly known: readonly ModuleDeclaration[]
  /** Loads the modules with these names, former ones among them; names of no module are passed over. */
  load(names: readonly string[]): Promise<void>
}

/** How requests to a module are queued. */
export interface IqDiscipline {
  readonly type: 'no_queue' | 'one_queue' | 'parallel' | 'queues'
  readonly workers?: number
}

/** Modules that are there whether a file names them or not. */
export const alwaysOn: readonly string[] = ['mod_presence']

/** Modules without which somebody would be exposed. */
const protecting = new Set([
  'mod_privacy',
  'mod_blocking',
  'mod_blocklist',
  'mod_domain_isolation',
  'mod_external_filter',
])

/** Modules that MongooseIM 4.0.0 has and the newest has not. */
const modulesOf40 = new Set(
  [
    'mam_meta',
    'muc_log',
    'commands',
    'inbox_commands',
    'muc_commands',
    'muc_light_commands',
    'jingle_sip',
    'revproxy',
  ].map((name) => `mod_${name}`),
)

/** Every module of MongooseIM, newest and 4.0.0; what nobody declares is not built yet. */
const knownModules = `adhoc amp auth_token bind2 blocking blocklist broadcast cache_users caps carboncopy
  commands csi disco domain_isolation event_pusher extdisco external_filter fast_auth_token global_distrib
  http_upload inbox inbox_commands jingle_sip keystore last mam mam_meta muc muc_commands muc_light
  muc_light_commands muc_log offline offline_chatmarkers offline_stub ping presence privacy private pubsub pubsub_old
  push_service_mongoosepush register revproxy roster sasl2 shared_roster_ldap sic smart_markers stanzaid
  stream_management time vcard version`
  .split(/\s+/)
  .map((name) => `mod_${name}`)

const iqdisc = z
  .strictObject({
    type: oneOf('no_queue', 'one_queue', 'parallel', 'queues').describe('How requests to the module are queued.'),
    workers: z.int().min(1).optional().describe('Number of queues, for `queues` only.').meta({ example: 4 }),
  })
  .superRefine((value, context) => {
    if ((value.type === 'queues') === (value.workers !== undefined)) return
    const message = value.type === 'queues' ? '`workers` is required with `queues`.' : '`workers` is for `queues` only.'
    context.addIssue({ code: 'custom', path: ['workers'], input: value.workers, message })
  })

/** Options every module takes: `iqdisc`, and `backend` where the module has none of its own. */
const commonOptions = {
  iqdisc: iqdisc.optional().describe('How requests to the module are queued.').meta({ reload: 'restart' }),
  backend: oneOf('mnesia', 'cets', 'rdbms', 'redis', 'cassandra', 'elasticsearch', 'ldap')
    .optional()
    .describe('Where data is kept.')
    .meta({ noEffect: 'data is kept in the database of the server' }),
}

/** The options of a module as the configuration takes them: its own and the common ones. */
export function moduleOptions(declaration: ModuleDeclaration): z.ZodObject {
  const own = declaration.options
  // What is checked across several of its own options goes with them.
  const checks = (own.def.checks ?? []) as z.core.$ZodCheck<Record<string, unknown>>[]
  const options: z.ZodObject = z.strictObject({ ...commonOptions, ...own.shape })
  return options.check(...checks).describe(declaration.about ?? '')
}

/** The `[modules]` table for a set of declared modules. */
export function modulesTable(declarations: readonly ModuleDeclaration[]): z.ZodObject {
  const shape: Record<string, z.ZodType> = {}
  const taken = new Set<string>()
  for (const declaration of declarations) {
    const aliases = declaration.aliases ?? []
    shape[declaration.name] = moduleOptions(declaration)
      .optional()
      .meta({ aliases, description: declaration.about ?? '' })
    for (const name of [declaration.name, ...aliases]) taken.add(name)
  }
  for (const name of knownModules) {
    if (taken.has(name)) continue
    const schema = notBuilt(name, protecting.has(name))
    shape[name] = modulesOf40.has(name) ? schema.meta({ era: '4.0' }) : schema
  }
  return z.strictObject(shape)
}
