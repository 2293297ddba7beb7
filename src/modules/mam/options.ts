import { z } from 'zod'
import { dataBackend, duration, hostTemplate, intOrInfinity, noEffect, oneOf } from '../../config/option.ts'

/** MongooseIM's own plug-ins are Erlang modules; the standard one stands for what is built in. */
const standardPlugin = (about: string) =>
  z
    .literal('mod_mam_utils', { error: 'There is no such plug-in: only "mod_mam_utils", which is built in.' })
    .default('mod_mam_utils')
    .describe(about)

const plugin = (hook: string) => noEffect(z.string(), `a module joins the hook ${hook} instead`)

const asyncWriter = z.strictObject({
  enabled: z.boolean().default(true).describe('Write many messages together instead of each alone.'),
  flush_interval: duration('ms', { least: 0 })
    .default(5)
    .describe('How long a message waits for others. It is acknowledged to its sender after that.'),
  batch_size: z.int().min(0).default(30).describe('With so many messages nobody waits.'),
  pool_size: noEffect(z.int().min(0), 'one writer keeps every order and is not what limits'),
})

/** The writer of MongooseIM up to 5.0: a switch, and two values beside it. */
const writer = z
  .union([z.boolean().transform((enabled) => ({ ...asyncWriter.parse({}), enabled })), asyncWriter])
  .meta({ shownAs: 'table or boolean' })

/** What may stand at root, in `pm` or in `muc`; the inner one wins. */
const common = {
  backend: dataBackend('rdbms', 'cassandra', 'elasticsearch', 'riak'),
  no_stanzaid_element: z.boolean().default(false).describe('Do not tell who receives a message its id (XEP-0359).'),
  is_archivable_message: standardPlugin('Decides what is archived.'),
  send_message: standardPlugin('Sends what was asked for.'),
  archive_chat_markers: z.boolean().default(false).describe('Archive chat markers too (XEP-0333).'),
  message_retraction: z
    .boolean()
    .default(true)
    .describe('Replace messages that their sender has retracted (XEP-0424).'),
  user_prefs_store: z
    .union([oneOf('rdbms', 'cassandra', 'mnesia'), z.literal(false)])
    .optional()
    .describe('Let owners choose what is archived (XEP-0441); kept in the database of the server.'),
  full_text_search: z.boolean().default(true).describe('Find messages by words (XEP-0431).'),
  default_result_limit: z.int().min(0).default(50).describe('Messages in an answer if the client does not say.'),
  max_result_limit: z.int().min(0).default(50).describe('Most messages in an answer.'),
  max_messages: intOrInfinity()
    .default(Number.POSITIVE_INFINITY)
    .describe('Most messages in an archive. When there are more the oldest go, a hundredth of all at a time.'),
  enforce_simple_queries: z.boolean().default(false).describe('Never count all the messages that are asked for.'),
  delete_domain_limit: intOrInfinity()
    .default(Number.POSITIVE_INFINITY)
    .describe('Most messages that are removed with one statement.'),
  db_jid_format: noEffect(oneOf('mam_jid_rfc', 'mam_jid_rfc_trust', 'mam_jid_mini'), 'addresses are kept as numbers'),
  db_message_format: noEffect(
    oneOf('mam_message_xml', 'mam_message_eterm', 'mam_message_compressed_eterm'),
    'messages are kept as XML',
  ),
  rdbms_message_format: noEffect(oneOf('simple', 'internal'), 'messages are kept as XML'),
  extra_fin_element: plugin('archiveFin'),
  extra_lookup_params: plugin('archiveLookup'),
  cache_users: noEffect(z.boolean(), 'the numbers of addresses are always remembered'),
  riak: noEffect(z.looseObject({}), 'data is kept in the database of the server'),
  async_writer: writer.optional().describe('How messages are put together for the database.'),
  flush_interval: duration('ms', { least: 0 }).optional().describe('Old place of `async_writer.flush_interval`.'),
  max_batch_size: z.int().min(0).optional().describe('Old place of `async_writer.batch_size`.'),
} as const

type Common = typeof common
type Inner = {
  [Key in keyof Common]: z.ZodOptional<Common[Key] extends z.ZodDefault<infer Value> ? Value : Common[Key]>
}

/** The same without defaults, which are those of the root. */
const inner = Object.fromEntries(
  Object.entries(common).map(([key, schema]) => [
    key,
    (schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema).optional().meta(schema.meta() ?? {}),
  ]),
) as unknown as Inner

export const options = z.strictObject({
  ...common,
  cache: z
    .strictObject({
      module: noEffect(oneOf('internal', 'mod_cache_users'), 'whether an account exists is remembered by itself'),
      strategy: noEffect(oneOf('fifo', 'segmented_lru'), 'what was used longest ago is forgotten first'),
      time_to_live: noEffect(intOrInfinity(), 'what is remembered is dropped when it changes'),
      number_of_segments: noEffect(z.int().min(1), 'there are no segments'),
    })
    .optional()
    .describe('What is remembered of accounts.'),
  pm: z
    .strictObject({
      ...inner,
      archive_groupchats: z.boolean().default(false).describe('Archive what rooms send to an account, too.'),
      same_mam_id_for_peers: z.boolean().default(false).describe('Give a message the same id in both archives.'),
    })
    .optional()
    .describe('Archives of accounts.'),
  muc: z
    .strictObject({
      ...inner,
      host: hostTemplate().default('conference.@HOST@').describe('The service whose rooms are archived.'),
    })
    .optional()
    .describe('Archives of rooms.'),
})

export type MamOptions = z.output<typeof options>
type InnerOptions = Partial<Omit<MamOptions, 'cache' | 'pm' | 'muc'>>

/** How one kind of archive behaves. */
export interface ArchiveSettings {
  readonly hasStanzaIds: boolean
  readonly chatMarkers: boolean
  readonly retraction: boolean
  readonly hasPreferences: boolean
  readonly hasFullText: boolean
  readonly defaultLimit: number
  readonly maxLimit: number
  readonly onlySimple: boolean
  /** Most messages in an archive. */
  readonly most: number
}

/** The settings of one kind of archive: what it says itself, else what the root says. */
export function settingsOf(root: MamOptions, own: InnerOptions): ArchiveSettings {
  const value = <Key extends keyof InnerOptions>(key: Key) => (own[key] ?? root[key]) as MamOptions[Key]
  const store = value('user_prefs_store')
  return {
    hasStanzaIds: !value('no_stanzaid_element'),
    chatMarkers: value('archive_chat_markers'),
    retraction: value('message_retraction'),
    hasPreferences: store !== undefined && store !== false,
    hasFullText: value('full_text_search'),
    defaultLimit: value('default_result_limit'),
    maxLimit: value('max_result_limit'),
    onlySimple: value('enforce_simple_queries'),
    most: value('max_messages'),
  }
}

/** How messages of both kinds are put together: one writer has them all. */
export interface WriterSettings {
  readonly flushInterval: number
  readonly batchSize: number
}

/** The writer's settings, those of the first section that has any. */
export function writerSettings(root: MamOptions): WriterSettings {
  const sections: InnerOptions[] = [root.pm ?? {}, root.muc ?? {}, root]
  const own = sections.find((section) => section.async_writer !== undefined)?.async_writer
  const { enabled, flush_interval, batch_size } = own ?? asyncWriter.parse({})
  if (!enabled) return { flushInterval: 0, batchSize: 1 }
  const old = <Key extends 'flush_interval' | 'max_batch_size'>(key: Key) =>
    sections.find((section) => section[key] !== undefined)?.[key]
  return {
    flushInterval: old('flush_interval') ?? flush_interval,
    batchSize: Math.max(1, old('max_batch_size') ?? batch_size),
  }
}
