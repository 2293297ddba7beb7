import { z } from 'zod'
import { intOrInfinity, noEffect, oneOf, uniqueList } from '../../config/option.ts'
import { markerTypes } from '../../stanza/chat-markers.ts'
import { allBoxes, usualBoxes } from './names.ts'

const reserved: readonly string[] = [...usualBoxes, allBoxes]

const box = z
  .string()
  .min(1)
  .max(64)
  .refine((name) => !reserved.includes(name), { error: `${reserved.join(', ')} are boxes that are always there.` })

export const options = z.strictObject({
  backend: oneOf('rdbms', 'rdbms_async')
    .default('rdbms')
    .describe(
      'With `rdbms_async` a message is acknowledged before its conversation is on disk: less is written, and a crash may lose a second of it.',
    ),
  async_writer: noEffect(
    z.strictObject({ pool_size: z.int().min(1).optional() }),
    'the database has one writer, which groups what comes together',
  ),
  boxes: uniqueList(box).default([]).describe('Boxes besides `inbox`, `archive` and `bin`.'),
  bin_ttl: z
    .int()
    .min(0)
    .default(30)
    .describe('Days after which what is in the bin is deleted.')
    .meta({ reload: 'live' }),
  bin_clean_after: z.int().min(0).default(1).describe('Hours between two looks for that; 0: it is never looked for.'),
  delete_domain_limit: intOrInfinity()
    .default(Number.POSITIVE_INFINITY)
    .describe('Most conversations that are removed with one statement.'),
  reset_markers: uniqueList(oneOf(...markerTypes))
    .default(['displayed'])
    .describe('Chat markers after which a conversation is read (XEP-0333).')
    .meta({ reload: 'live' }),
  groupchat: uniqueList(oneOf('muclight', 'muc'))
    .default(['muclight'])
    .describe('Kinds of rooms whose messages are among the conversations.')
    .meta({ reload: 'live' }),
  aff_changes: z
    .boolean()
    .default(true)
    .describe('Being taken into a MUC Light room, or put out of it, counts as a message.')
    .meta({ reload: 'live' }),
  remove_on_kicked: z
    .boolean()
    .default(true)
    .describe('Who does not belong to a room any more has no conversation with it.')
    .meta({ reload: 'live' }),
  max_result_limit: intOrInfinity()
    .default(Number.POSITIVE_INFINITY)
    .describe('Most conversations in an answer.')
    .meta({ reload: 'live' }),
})

export type InboxOptions = z.output<typeof options>
