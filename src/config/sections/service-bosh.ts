import { z } from 'zod'
import { duration, noEffect, oneOf, uniqueList } from '../option.ts'

/** What BOSH sessions are like, whichever handler they come by. MongooseIM 4.0.0 has it as a module. */
export const serviceBosh = z
  .strictObject({
    inactivity: duration('s', { infinite: true })
      .default(30)
      .describe('How long a client may be without any request; then its session is lost.'),
    max_wait: duration('s', { infinite: true })
      .default(Number.POSITIVE_INFINITY)
      .describe('Longest time that a request is held, whatever the client asks for.'),
    server_acks: z.boolean().default(false).describe('Tell clients which of their requests have come.'),
    max_pause: duration('s')
      .default(120)
      .describe('Longest pause that a client may ask for.')
      .meta({ aliases: [{ key: 'maxpause', era: '4.0' }] }),
    backend: noEffect(oneOf('mnesia', 'cets'), 'sessions are in the memory of their server'),
    host_types: uniqueList(z.string().min(1))
      .optional()
      .describe('Hosts, or kinds of `general.host_types`, that can be reached so. Default: all.')
      .meta({ example: ['localhost'], shownAs: 'array of host types' }),
  })
  .optional()
  .describe('What sessions over HTTP requests (BOSH) are like; without the table nobody has one.')
  .meta({ reload: 'live', aliases: ['../modules.mod_bosh'] })
