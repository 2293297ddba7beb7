import { z } from 'zod'
import { prepareDomainName } from '../../config/domain-name.ts'
import { dataBackend, duration, httpPoolTag, intOrInfinity, noEffect, oneOf, uniqueList } from '../../config/option.ts'

const restart = { reload: 'restart' } as const

/** How much is held while the other side is slow or away. */
const maxQueue = z
  .int()
  .min(1)
  .default(10_000)
  .describe('Events that are held while the other side is slow or away; further ones are lost, counted and logged.')
  .meta(restart)

/** For how long. */
const retryFor = (usual: number, more: string) =>
  duration('s', { least: 0 })
    .default(usual)
    .describe(`How long delivery is tried again while the other side cannot be reached; 0: not at all. ${more}`)
    .meta(restart)

/** The domain of a service, in which `@HOST@` or `@HOSTS@` stands for that of the user. */
const hostPattern = z
  .string()
  .refine((text) => prepareDomainName(text.replaceAll(/@HOSTS?@/g, 'localhost')) !== undefined, {
    error: 'This is not a domain name, nor one with @HOST@ for the domain of the user.',
  })

const handler = z.strictObject({
  pool_name: httpPoolTag()
    .default('http_pool')
    .describe('The pool of connections to the server: `outgoing_pools.http` with this tag.')
    .meta({ ...restart, example: 'http_pool' }),
  path: z
    .string()
    .default('')
    .describe("Where messages are posted to, below the pool's `path_prefix`.")
    .meta({ ...restart, example: 'notifications' }),
  callback_module: oneOf('mod_event_pusher_http_defaults')
    .default('mod_event_pusher_http_defaults')
    .describe('What is posted: chat messages that users send, as a form.')
    .meta(restart),
})

const http = z.strictObject({
  handlers: uniqueList(handler, { least: 1 }).describe('Servers that messages are posted to; each gets every one.'),
  max_queue_len: maxQueue,
  retry_for: retryFor(0, 'A message is posted once unless this is set.'),
})

/** Of the older layout: one table, or several, that are the handlers. */
const olderHttp = (value: unknown): unknown => {
  const tables = (Array.isArray(value) ? value : [value]) as object[]
  const isNewer = tables.length === 1 && tables.some((table) => 'handlers' in table)
  return isNewer ? tables[0] : { handlers: tables }
}

/** Modules of 4.0 that became backends had their one module of defaults under another name. */
const successors: Readonly<Record<string, string>> = {
  mod_http_notification_defaults: 'mod_event_pusher_http_defaults',
  mod_aws_sns_defaults: 'mod_event_pusher_sns_defaults',
}

const renaming =
  (key: string) =>
  (value: unknown): unknown => {
    const table = value as Readonly<Record<string, unknown>>
    const newer = successors[String(table[key])]
    return newer === undefined ? value : { ...table, [key]: newer }
  }

const oldestHttp = (value: unknown): unknown => olderHttp(renaming('callback_module')(value))

const kind = oneOf('topic', 'direct', 'fanout', 'headers')
const exchange = (name: string) => ({
  name: z.string().min(1).default(name).describe('Name of the exchange.').meta(restart),
  type: kind.default('topic').describe('Its type.').meta(restart),
  durable: z
    .boolean()
    .default(false)
    .describe(
      'Whether it outlives a restart of RabbitMQ. If not, its queues have to be bound again, and what is published before that is lost.',
    )
    .meta(restart),
})
const messages = (name: string, what: string) =>
  z
    .strictObject({
      ...exchange(name),
      sent_topic: z
        .string()
        .min(1)
        .default(`${name}_sent`)
        .describe('Second part of the routing key of what users send.')
        .meta(restart),
      recv_topic: z
        .string()
        .min(1)
        .default(`${name}_recv`)
        .describe('Second part of the routing key of what users receive.')
        .meta(restart),
    })
    .optional()
    .describe(`The exchange for ${what}; none are published without it.`)

const rabbit = z
  .strictObject({
    presence_exchange: z
      .strictObject(exchange('presence'))
      .optional()
      .describe('The exchange for who comes and goes; nothing of that is published without it.'),
    chat_msg_exchange: messages('chat_msg', 'messages of one to one'),
    groupchat_msg_exchange: messages('groupchat_msg', 'messages in rooms'),
    max_queue_len: maxQueue,
    retry_for: retryFor(7200, 'What the server itself refuses is not sent again.'),
  })
  .superRefine((value, context) => {
    if (value.presence_exchange ?? value.chat_msg_exchange ?? value.groupchat_msg_exchange) return
    context.addIssue({ code: 'custom', input: value, message: 'At least one exchange is required.' })
  })

/** The older layout has all exchanges, whether they are written or not. */
const olderRabbit = (value: unknown): unknown => ({
  presence_exchange: {},
  chat_msg_exchange: {},
  groupchat_msg_exchange: {},
  ...(value as object),
})

const topic = (what: string) =>
  z
    .string()
    .min(1)
    .optional()
    .describe(`Name of the topic for ${what}; not set: none.`)
    .meta({ ...restart, example: 'topic' })

const sns = z.strictObject({
  access_key_id: z
    .string()
    .min(1)
    .describe('Id of the access key.')
    .meta({ ...restart, example: 'AKIAIOSFODNN7EXAMPLE' }),
  secret_access_key: z
    .string()
    .min(1)
    .describe('The access key.')
    .meta({ secret: true, ...restart, example: 'secret' }),
  region: z
    .string()
    .min(1)
    .describe('Region.')
    .meta({ ...restart, example: 'eu-west-1' }),
  account_id: z
    .string()
    .min(1)
    .describe('Whose topics they are.')
    .meta({ ...restart, example: '123456789012' }),
  sns_host: z
    .string()
    .regex(/^(https?:\/\/)?[^/?#@\s]+$/i, { error: 'Expected the name of a host, or "http://name:port".' })
    .describe('Where the service is; over HTTPS unless `http://` is written.')
    .meta({ ...restart, example: 'sns.eu-west-1.amazonaws.com' }),
  presence_updates_topic: topic('who comes and goes'),
  pm_messages_topic: topic('messages of one to one'),
  muc_messages_topic: topic('messages to rooms'),
  plugin_module: oneOf('mod_event_pusher_sns_defaults')
    .default('mod_event_pusher_sns_defaults')
    .describe('What is published: bare addresses, without attributes.')
    .meta(restart),
  muc_host: noEffect(z.string(), 'rooms are known by the type of the message').meta({ era: '4.0' }),
  pool_size: z.int().min(1).default(100).describe('Most requests at a time.').meta(restart),
  publish_retry_count: z
    .int()
    .min(0)
    .default(2)
    .describe('How often a request that fails is made again.')
    .meta(restart),
  publish_retry_time_ms: duration('ms', { least: 0 })
    .default(50)
    .describe('Unit of the time before that, which doubles with each attempt.')
    .meta(restart),
  max_queue_len: maxQueue,
})

/** The plugins of push, by what they do. */
export const pushPlugins = {
  mod_event_pusher_push_plugin_defaults: 'defaults',
  mod_event_pusher_push_plugin_enhanced: 'enhanced',
  mod_event_pusher_push_plugin_hints: 'hints',
} as const

const push = z.strictObject({
  backend: dataBackend('mnesia', 'rdbms'),
  wpool: z
    .strictObject({
      workers: z
        .int()
        .min(1)
        .default(100)
        .describe('Notifications under way to one service at a time; no more than 40 where the service is asked by IQ.')
        .meta(restart),
      strategy: noEffect(
        oneOf('best_worker', 'random_worker', 'next_worker', 'available_worker', 'next_available_worker'),
        'notifications of one service wait in one line',
      ),
      call_timeout: noEffect(duration('ms'), 'a service that does not answer is given 32 seconds'),
      overrun_warning: noEffect(duration('ms', { infinite: true }), 'there is no pool of workers'),
      max_worker_queue_len: noEffect(intOrInfinity(0), '`max_queue_len` is the limit'),
    })
    .prefault({})
    .describe('How much is done at a time.'),
  plugin_module: z
    .enum(Object.keys(pushPlugins) as [keyof typeof pushPlugins, ...(keyof typeof pushPlugins)[]])
    .default('mod_event_pusher_push_plugin_defaults')
    .describe(
      'When to notify. `…_defaults`: when nobody is there. `…_enhanced`: also at once, when a connection that waits to be resumed has not acknowledged a message. `…_hints`: as that, and processing hints and calls are heeded.',
    )
    .meta(restart),
  virtual_pubsub_hosts: uniqueList(hostPattern)
    .default([])
    .describe(
      'Domains that push services in the server answer for (`mod_push_service_mongoosepush`, `mod_push_service`).',
    )
    .meta({ ...restart, example: ['push.@HOST@'] }),
  show_sender: z
    .boolean()
    .default(true)
    .describe('Whether notifications say who has written; otherwise they name the domain.')
    .meta(restart),
  show_body: z
    .boolean()
    .default(true)
    .describe('Whether notifications say what was written; otherwise they have `hidden_body`.')
    .meta(restart),
  hidden_body: z
    .string()
    .min(1)
    .default('New message')
    .describe('What stands for the text of a message that is not to be shown.')
    .meta(restart),
  max_subscriptions: z.int().min(1).default(100).describe('Most services that one user may enable.').meta(restart),
  max_queue_len: maxQueue,
})

export type HttpOptions = z.output<typeof http>
export type RabbitOptions = z.output<typeof rabbit>
export type SnsOptions = z.output<typeof sns>
export type PushOptions = z.output<typeof push>

/** What the module takes: a table for each backend. */
export const options = z.strictObject({
  http: http
    .optional()
    .describe('Posts messages to HTTP servers.')
    .meta({
      aliases: [
        { key: 'backend.http', convert: olderHttp },
        { key: '../mod_event_pusher_http', convert: olderHttp },
        { key: '../mod_http_notification', era: '4.0', convert: oldestHttp },
      ],
    }),
  rabbit: rabbit
    .optional()
    .describe('Publishes presence and messages to RabbitMQ (`outgoing_pools.rabbit.event_pusher`).')
    .meta({
      aliases: [
        { key: 'backend.rabbit', convert: olderRabbit },
        { key: '../mod_event_pusher_rabbit', convert: olderRabbit },
      ],
    }),
  sns: sns
    .optional()
    .describe('Publishes presence and messages to Amazon SNS.')
    .meta({
      aliases: [
        'backend.sns',
        '../mod_event_pusher_sns',
        { key: '../mod_aws_sns', era: '4.0', convert: renaming('plugin_module') },
      ],
    }),
  push: push
    .optional()
    .describe('Push notifications (XEP-0357).')
    .meta({ aliases: ['backend.push', '../mod_event_pusher_push'] }),
  // What its tables were called before; nothing is left in it by then.
  backend: z.strictObject({}).optional().describe('Older place of the tables of backends.'),
})

export type EventPusherOptions = z.output<typeof options>
