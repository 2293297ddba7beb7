import { z } from 'zod'
import { isAddableField, isFieldValue } from '../../util/http-fields.ts'
import { duration, intOrInfinity } from '../option.ts'
import { place } from './place.ts'
import { clientTls } from './tls.ts'

const addedHeader = z.strictObject({
  name: z
    .string()
    .refine(isAddableField, { error: 'This is no name of a header field, or of one that cannot be added.' })
    .describe('Its name.')
    .meta({ example: 'X-Forwarded-Proto' }),
  value: z
    .string()
    .refine(isFieldValue, { error: 'A value is one line of ASCII.' })
    .describe('Its value.')
    .meta({ secret: true, example: 'https' }),
})

/** A reverse proxy on an HTTP listener. */
export const proxyHandler = z.strictObject({
  ...place,
  path: place.path.meta({ example: '/[...]' }),
  timeout: duration('ms')
    .default(5000)
    .describe('Time for a connection to the upstream, and again for its whole answer.')
    .meta({ reload: 'live' }),
  body_length: intOrInfinity()
    .default(8_000_000)
    .describe('Longest body of a request that is passed on, in bytes.')
    .meta({ reload: 'live' }),
  custom_headers: z
    .array(addedHeader)
    .default([])
    .describe('Header fields added to every request, in place of those of the same name.')
    .meta({ reload: 'live' }),
  tls: clientTls.optional().describe('TLS with upstreams whose address begins with https.'),
})
