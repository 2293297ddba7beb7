import { z } from 'zod'
import { duration, noEffect, oneOf, port } from '../option.ts'
import { clientTls } from './tls.ts'

/** Drivers that MongooseIM knows and we do not, each with what to do instead. */
const refused: Readonly<Record<string, string>> = {
  odbc: 'use the driver of the database itself: "pgsql" or "mysql"',
  cockroachdb: 'it has no locks with which servers take turns at changing the schema; use "pgsql" with PostgreSQL',
}

const drivers = ['pgsql', 'mysql', 'sqlite'] as const

const driver = z
  .string()
  .superRefine((value, context) => {
    if ((drivers as readonly string[]).includes(value)) return
    const reason = refused[value]
    const message = reason === undefined ? 'Expected one of "pgsql", "mysql", "sqlite".' : `Not offered: ${reason}.`
    context.addIssue({ code: 'custom', input: value, message, params: { what: 'not_in_enum' } })
  })
  .transform((value) => value as (typeof drivers)[number])
  .describe('`pgsql` for PostgreSQL, `mysql` for MySQL and MariaDB, `sqlite` for a file.')
  .meta({ reload: 'restart', example: 'pgsql', type: 'one of "pgsql", "mysql", "sqlite"', aliases: ['../driver'] })

const tls = clientTls.extend({
  required: z
    .boolean()
    .default(true)
    .describe('Do without the database rather than without TLS.')
    .meta({ reload: 'restart' }),
})

const text = () => z.string().min(1)

const connection = z
  .strictObject({
    driver,
    host: text()
      .optional()
      .describe('Host name or address of the database.')
      .meta({ reload: 'restart', example: 'localhost' }),
    port: port()
      .optional()
      .describe('Its port. Default: 5432 for `pgsql`, 3306 for `mysql`.')
      .meta({ reload: 'restart', example: 5432 }),
    database: text()
      .describe('Name of the database; with `sqlite` the file, relative to the data folder.')
      .meta({ reload: 'restart', example: 'meerkat' }),
    username: text().optional().describe('Who logs in there.').meta({ reload: 'restart', example: 'meerkat' }),
    password: z
      .string()
      .optional()
      .describe('The password.')
      .meta({ secret: true, reload: 'restart', example: 'secret' }),
    keepalive_interval: duration('s')
      .optional()
      .describe('Time between two signs of life on an idle connection. Not set: none but those of TCP.')
      .meta({ reload: 'restart', example: 30 }),
    query_timeout: duration('ms').default(5000).describe('Time that a statement may take.').meta({ reload: 'restart' }),
    max_start_interval: duration('s')
      .default(30)
      .describe('Longest pause between two attempts to reach a database that is gone.')
      .meta({ reload: 'restart' }),
    tls: tls.optional().describe('TLS to the database. Without this table there is none.'),
    settings: noEffect(z.string(), 'it is for ODBC, which is not offered').meta({ era: '4.0' }),
  })
  .superRefine((value, context) => {
    if (value.driver === 'sqlite') return
    for (const key of ['host', 'username', 'password'] as const) {
      if (value[key] !== undefined) continue
      const message = `The driver ${JSON.stringify(value.driver)} needs it.`
      context.addIssue({
        code: 'custom',
        input: undefined,
        path: [key],
        message,
        params: { what: 'missing_required_keys' },
      })
    }
  })

/** `[outgoing_pools.rdbms.TAG]`: the one with the tag `default` is the database of accounts and of all modules. */
export const rdbmsPool = z.strictObject({
  connection: connection.describe('The database.'),
  scope: noEffect(oneOf('global', 'host_type', 'host', 'single_host'), 'one database serves all domains'),
  host: noEffect(z.string(), 'one database serves all domains').meta({ era: '4.0' }),
  workers: z
    .int()
    .min(1)
    .default(10)
    .describe('Connections for long reads. Everything else goes in order over one connection.')
    .meta({ reload: 'restart' }),
  call_timeout: duration('ms')
    .default(60_000)
    .describe('Time that a read may wait for its turn.')
    .meta({ reload: 'restart' }),
  strategy: noEffect(
    oneOf('best_worker', 'random_worker', 'next_worker', 'available_worker', 'next_available_worker'),
    'a read takes a connection that is free',
  ),
  max_worker_queue_len: noEffect(z.int().min(0), 'what may wait is limited in bytes'),
})
