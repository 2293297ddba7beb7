import { z } from 'zod'
import { duration, filePath, noEffect, notBuilt, oneOf } from '../option.ts'
import { logLevels } from './general.ts'

const cluster = 'Meerkat nodes find each other through Redis'

/** The `[internal_databases]` table: accepted, since there is one built-in store. */
export const internalDatabases = z.strictObject({
  mnesia: noEffect(z.strictObject({}), 'the built-in store takes its place'),
  cets: noEffect(
    z.strictObject({
      backend: oneOf('rdbms', 'file').optional(),
      cluster_name: z.string().optional(),
      node_list_file: filePath().optional(),
    }),
    cluster,
  ),
})

/** The `[instrumentation]` table. */
export const instrumentation = z.strictObject({
  probe_interval: z.int().min(1).default(15).describe('Seconds between two looks at what has to be measured.'),
  prometheus: z
    .strictObject({})
    .prefault({})
    .describe('Metrics for Prometheus; always on, to be read through a `mongoose_prometheus_handler`.'),
  exometer: notBuilt('the metric store and Graphite reports'),
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
  service_bosh: notBuilt('BOSH'),
  service_mongoose_system_metrics: noEffect(z.looseObject({}), 'nothing is ever reported to anybody'),
  service_traffic: notBuilt('traffic subscriptions'),
  service_admin_extra: noEffect(z.looseObject({}), 'every command is there').meta({ era: '4.0' }),
  service_translations: noEffect(z.looseObject({}), 'there is one catalogue of messages'),
})
