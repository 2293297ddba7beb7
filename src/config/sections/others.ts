import { z } from 'zod'
import { duration, filePath, noEffect, oneOf } from '../option.ts'
import { logLevels } from './general.ts'
import { serviceBosh } from './service-bosh.ts'

const restart = { reload: 'restart' } as const

const cluster = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]+$/, { error: 'Expected letters, digits, dots and hyphens.' })
    .default('meerkat')
    .describe('What the nodes of one cluster have in common: several clusters may share a Redis.')
    .meta(restart),
  node_name: z
    .string()
    .regex(/^[^\s@]+@[^\s@]+$/, { error: 'Expected NAME@HOST.' })
    .optional()
    .describe('What this node is called; each has another name. Default: `meerkat@` and the name of the machine.')
    .meta({ ...restart, example: 'meerkat@host1' }),
  pool_tag: z
    .string()
    .min(1)
    .default('default')
    .describe('Tag of the Redis pool whose server the nodes share; they make connections of their own to it.')
    .meta(restart),
  failure_detection: duration('s')
    .default(15)
    .describe('Seconds after which a node that is not heard of is given up.')
    .meta(restart),
})

/** The `[internal_databases]` table: those of MongooseIM are accepted, since there is one built-in store. */
export const internalDatabases = z.strictObject({
  cluster: cluster
    .optional()
    .describe('Joins this server to others that have the same SQL server and the same Redis. It is on its own without.')
    .meta(restart),
  mnesia: noEffect(z.strictObject({}), 'the built-in store takes its place'),
  cets: noEffect(
    z.strictObject({
      backend: oneOf('rdbms', 'file').optional(),
      cluster_name: z.string().optional(),
      node_list_file: filePath().optional(),
    }),
    'nodes find each other through Redis, by internal_databases.cluster',
  ),
})

const graphite = z.strictObject({
  host: z.string().min(1).describe('Its name or address.').meta({ example: 'graphite.example' }),
  port: z.int().min(1).max(65_535).default(2003).describe('The port that takes lines of text.'),
  interval: duration('ms').default(60_000).describe('Time between two reports.'),
  connect_timeout: duration('ms').default(5000).describe('Longest time to connect.'),
  api_key: z.string().default('').describe('Put before all names, as hosted servers want it.').meta({ secret: true }),
  prefix: z.string().optional().describe('Put before all names, after the two others.').meta({ example: 'meerkat' }),
  env_prefix: z
    .string()
    .min(1)
    .optional()
    .describe('An environment variable, whose value is put before all names.')
    .meta({ variable: true, example: 'HOSTNAME' }),
})

/** The `[instrumentation]` table. */
export const instrumentation = z.strictObject({
  probe_interval: z.int().min(1).default(15).describe('Seconds between two looks at what has to be measured.'),
  prometheus: z
    .strictObject({})
    .prefault({})
    .describe('Metrics for Prometheus; always on, to be read through a `mongoose_prometheus_handler`.'),
  exometer: z
    .strictObject({
      all_metrics_are_global: z
        .boolean()
        .default(false)
        .describe('Whether the metrics of all host types are one together in the store.')
        .meta({ aliases: [{ key: '../../general.all_metrics_are_global', era: '4.0' }] }),
      report: z
        .strictObject({ graphite: z.array(graphite).default([]).describe('Graphite servers, each told on its own.') })
        .prefault({})
        .describe('Who is told the metrics of the store every now and then.'),
    })
    .optional()
    .describe(
      'Keeps what the last minute has brought, for the commands `metric.*` and for reports: percentiles and rates.',
    )
    .meta({ reload: 'restart' }),
  log: noEffect(z.strictObject({ level: oneOf(...logLevels).optional() }), 'events have levels of their own'),
})

/** The `[services]` table. */
export const services = z.strictObject({
  service_domain_db: z
    .strictObject({
      db_pool: noEffect(z.string(), 'domains are kept in the database of the server'),
      event_cleaning_interval: duration('s')
        .default(1800)
        .describe('How often old notes about changes are deleted.')
        .meta({ reload: 'restart' }),
      event_max_age: duration('s')
        .default(7200)
        .describe('How long changes are noted, for servers on the same database that take them over.')
        .meta({ reload: 'restart' }),
    })
    .optional()
    .describe('Domains that come and go at run time, of the kinds in `general.host_types`.')
    .meta({ reload: 'restart' }),
  service_bosh: serviceBosh,
  service_mongoose_system_metrics: noEffect(z.looseObject({}), 'nothing is ever reported to anybody'),
  service_traffic: z
    .strictObject({})
    .optional()
    .describe('The GraphQL subscription that shows the traffic of all sessions.')
    .meta({ reload: 'live' }),
  service_admin_extra: noEffect(z.looseObject({}), 'every command is there').meta({ era: '4.0' }),
  service_translations: noEffect(z.looseObject({}), 'there is one catalogue of messages'),
})
