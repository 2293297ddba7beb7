import { z } from 'zod'
import { duration, intOrInfinity, noEffect, oneOf, port } from '../option.ts'
import { rdbmsPool } from './rdbms.ts'
import { clientTls } from './tls.ts'

const restart = { reload: 'restart' } as const

/** What pools of every type have. */
const pool = {
  scope: oneOf('global', 'host_type', 'host', 'single_host')
    .default('global')
    .describe('`global`: one pool for all; otherwise each host type has one of its own.')
    .meta(restart),
  host: noEffect(z.string(), 'a pool for one host stands under its host_config').meta({ era: '4.0' }),
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

const redis = z.strictObject({
  ...pool,
  connection: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('Name or address of the server.').meta(restart),
      port: port().default(6379).describe('TCP port.').meta(restart),
      database: z.int().min(0).default(0).describe('Number of the database.').meta(restart),
      username: z
        .string()
        .min(1)
        .optional()
        .describe('Who logs in there. Not set: the default user.')
        .meta({ ...restart, example: 'meerkat' }),
      password: z
        .string()
        .default('')
        .describe('The password; empty for none.')
        .meta({ secret: true, ...restart }),
      tls: clientTls.optional().describe('TLS from the first byte.'),
    })
    .prefault({}),
})

const rabbit = z.strictObject({
  ...pool,
  max_worker_queue_len: intOrInfinity(0)
    .default(1000)
    .describe('Messages that may wait, for each of the `workers`; those beyond it fail at once.')
    .meta({ ...restart, aliases: [{ key: 'connection.max_worker_queue_len', era: '4.0' }] }),
  workers: z.int().min(1).default(10).describe('Channels over which messages go side by side.').meta(restart),
  connection: z
    .strictObject({
      host: z
        .string()
        .min(1)
        .default('localhost')
        .describe('Name or address of the server.')
        .meta({ ...restart, aliases: [{ key: 'amqp_host', era: '4.0' }] }),
      port: port()
        .default(5672)
        .describe('TCP port.')
        .meta({ ...restart, aliases: [{ key: 'amqp_port', era: '4.0' }] }),
      username: z
        .string()
        .default('guest')
        .describe('Who logs in there.')
        .meta({ ...restart, aliases: [{ key: 'amqp_username', era: '4.0' }] }),
      password: z
        .string()
        .default('guest')
        .describe('The password.')
        .meta({ secret: true, ...restart, aliases: [{ key: 'amqp_password', era: '4.0' }] }),
      virtual_host: z.string().min(1).default('/').describe('The virtual host there.').meta(restart),
      confirms_enabled: z
        .boolean()
        .default(false)
        .describe('Wait until the server has confirmed a message.')
        .meta(restart),
      reconnect: z
        .strictObject({
          attempts: z
            .int()
            .min(0)
            .default(0)
            .describe('Failed attempts to connect after which messages fail at once; 0: they wait for `call_timeout`.')
            .meta(restart),
          delay: duration('ms').default(2000).describe('Time between two attempts.').meta(restart),
        })
        .prefault({})
        .describe('What is done when the connection is lost.'),
      tls: clientTls.optional().describe('TLS from the first byte.'),
    })
    .prefault({}),
})

/** Types of pools that name a service of which there are several, and what each is called. */
const tagged = {
  http: z.record(z.string(), http),
  redis: z.record(z.string(), redis),
  rabbit: z.record(z.string(), rabbit),
  ldap: z.record(z.string(), ldap),
}

/** Pools of services that modules of MongooseIM keep data in; all of it goes into the database here. */
const forData = {
  cassandra: noEffect(z.looseObject({}), 'data is kept in the database of the server'),
  elastic: noEffect(z.looseObject({}), 'data is kept in the database of the server'),
  riak: noEffect(z.looseObject({}), 'data is kept in the database of the server').meta({ era: '4.0' }),
  generic: noEffect(z.looseObject({}), 'no module uses a pool of workers').meta({ era: '4.0' }),
}

/** `outgoing_pools` of a `[[host_config]]`: pools that it has instead of the general ones of the same tag. */
export const hostPools = z.strictObject({
  http: tagged.http.optional().describe('HTTP servers, by tag.'),
  redis: tagged.redis.optional().describe('Redis servers, by tag.'),
  rabbit: tagged.rabbit.optional().describe('RabbitMQ servers, by tag.'),
  ldap: tagged.ldap.optional().describe('LDAP directories, by tag.'),
  rdbms: noEffect(z.looseObject({}), 'one database serves all domains'),
  ...forData,
})

/** The `[outgoing_pools]` table. */
export const outgoingPools = z.strictObject({
  rdbms: z
    .record(z.string(), rdbmsPool)
    .default({})
    .describe(
      'The SQL database of accounts and of all modules, with the tag `default`. Not set: a file in the data folder.',
    ),
  http: tagged.http.default({}).describe('HTTP servers, by tag; accounts are asked for at `auth`.'),
  redis: tagged.redis.default({}).describe('Redis servers, by tag.'),
  rabbit: tagged.rabbit.default({}).describe('RabbitMQ servers, by tag.'),
  ...forData,
  ldap: tagged.ldap.default({}).describe('LDAP directories, by tag; `default` searches, `bind` checks passwords.'),
})
