import { z } from 'zod'
import { duration } from '../../config/option.ts'

/** The options of mod_stream_management. */
export const options = z.strictObject({
  buffer: z
    .boolean()
    .default(true)
    .describe(
      'Keep what clients have not acknowledged. Without, nothing can be sent again, and no session be resumed.',
    ),
  buffer_max: z
    .union([z.int().positive(), z.enum(['infinity', 'no_buffer'])], {
      error: 'Expected a positive integer, "infinity" or "no_buffer".',
    })
    .transform((value) => (typeof value === 'number' ? value : value === 'infinity' ? Number.POSITIVE_INFINITY : 0))
    .default(100)
    .describe('Most stanzas that a client may leave unacknowledged. `no_buffer` is `buffer = false`.')
    .meta({ reload: 'live', shownAs: 'integer > 0, "infinity" or "no_buffer"' }),
  ack: z.boolean().default(true).describe('Ask clients to acknowledge what they are sent.').meta({ reload: 'live' }),
  ack_freq: z
    .union([z.int().positive(), z.literal('never').transform(() => 0)], {
      error: 'Expected a positive integer or "never".',
    })
    .default(1)
    .describe('Ask after so many stanzas. `never` is `ack = false`.')
    .meta({ reload: 'live', shownAs: 'integer > 0 or "never"' }),
  ack_timeout: duration('s', { infinite: true })
    .default(60)
    .describe('Seconds after which a client that does not answer has lost its connection.'),
  resume_timeout: z
    .int()
    .positive()
    .default(600)
    .describe('Seconds for which a session without a connection waits to be resumed.')
    .meta({ reload: 'live' }),
  max_detached_bytes: z
    .int()
    .positive()
    .default(256 * 1024 * 1024)
    .describe('Most bytes kept for all sessions that wait. Beyond that the one that has waited longest ends.')
    .meta({ reload: 'live' }),
  max_detached_user_bytes: z
    .int()
    .positive()
    .default(8 * 1024 * 1024)
    .describe('Most bytes kept for the waiting sessions of one user. Beyond that the one with most of them ends.')
    .meta({ reload: 'live' }),
  stale_h: z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe('Tell clients that come too late how much of what they sent had been received.'),
      repeat_after: z.int().positive().default(1800).describe('Seconds between two searches for what is too old.'),
      geriatric: z.int().positive().default(3600).describe('Seconds for which that is remembered.'),
    })
    .prefault({}),
})

export type StreamOptions = z.infer<typeof options>

/** Whether what clients have not acknowledged is kept. */
export function keepsStanzas({ buffer, buffer_max }: StreamOptions): boolean {
  return buffer && buffer_max > 0
}

/** Whether clients are asked after this stanza. */
export function asksAfter(number: number, { ack, ack_freq }: StreamOptions): boolean {
  return ack && ack_freq > 0 && number % ack_freq === 0
}

/** How long a client may have too much unacknowledged, in milliseconds. */
export const overflowPatience = 5000

/** After a restart, what was left by streams that nobody can resume goes elsewhere, in milliseconds. */
export const startPatience = 100
