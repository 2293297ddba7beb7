import { z } from 'zod'
import { duration, noEffect, notBuilt, oneOf, port } from '../option.ts'
import { rdbmsPool } from './rdbms.ts'
import { clientTls } from './tls.ts'

const restart = { reload: 'restart' } as const

/** What pools of every type have. */
const pool = {
  scope: noEffect(oneOf('global', 'host_type', 'host', 'single_host'), 'a pool serves every domain'),
  host: noEffect(z.string(), 'a pool serves every domain'),
  workers: z.int().min(1).default(10).describe('Most connections at a time.').meta(restart),
  strategy: noEffect(
    oneOf('best_worker', 'random_worker', 'next_worker', 'available_worker', 'next_available_worker'),
    'whichever connection is free takes the next request',
  ),
  call_timeout: duration('ms')
    .default(5000)
    .describe('Time for a request, waiting for a connection included.')
    .meta(restart),
  max_worker_queue_len: z
    .int()
    .min(0)
    .optional()
    .describe('Requests that may wait, for each connection; those beyond it fail at once.')
    .meta({ ...restart, example: 100 }),
}

const http = z.strictObject({
  ...pool,
  connection: z.strictObject({
    host: z
      .string()
      .regex(/^https?:\/\/[^/?#@]+$/i, { error: 'Expected "http://name:port" or "https://name:port".' })
      .describe('Where the server is.')
      .meta({ ...restart, example: 'https://auth.example.org:8080', aliases: ['server'] }),
    path_prefix: z
      .string()
      .regex(/^\//, { error: 'Expected a path that begins with a slash.' })
      .default('/')
      .describe('What every path begins with.')
      .meta(restart),
    request_timeout: duration('ms').default(2000).describe('Time for the answer to a request.').meta(restart),
    tls: clientTls.optional().describe('TLS, where the address begins with https.'),
  }),
})

const ldapServers = z
  .array(z.string().min(1))
  .min(1)
  .default(['localhost'])
  .describe('Names or addresses, tried in this order.')
  .meta(restart)

const ldap = z.strictObject({
  ...pool,
  connection: z
    .strictObject({
      servers: ldapServers,
      port: port()
        .optional()
        .describe('TCP port. Default: 389, or 636 with TLS.')
        .meta({ ...restart, example: 389 }),
      root_dn: z
        .string()
        .default('')
        .describe('Entry that searches are made as; empty for nobody in particular.')
        .meta({ ...restart, aliases: ['rootdn'] }),
      password: z
        .string()
        .default('')
        .describe('Its password.')
        .meta({ secret: true, ...restart }),
      connect_interval: duration('ms')
        .default(10_000)
        .describe('Time between attempts to connect while no server can be reached.')
        .meta(restart),
      tls: clientTls.optional().describe('TLS from the first byte.'),
      encrypt: oneOf('none', 'tls').optional().describe('`tls` is the same as an empty `tls` table.').meta(restart),
    })
    .prefault({}),
})

/** The `[outgoing_pools]` table. */
export const outgoingPools = z.strictObject({
  rdbms: z
    .strictObject({
      default: rdbmsPool
        .optional()
        .describe('The database of accounts and of all modules. Not set: a file in the data folder.'),
    })
    .optional()
    .describe('SQL databases, by name.'),
  http: z.record(z.string(), http).default({}).describe('HTTP servers, by tag; accounts are asked for at `auth`.'),
  redis: notBuilt('pools of Redis connections'),
  cassandra: notBuilt('pools of Cassandra connections'),
  elastic: notBuilt('pools of Elasticsearch connections'),
  rabbit: notBuilt('pools of RabbitMQ connections'),
  ldap: z
    .record(z.string(), ldap)
    .default({})
    .describe('LDAP directories, by tag; `default` searches, `bind` checks passwords.'),
})
