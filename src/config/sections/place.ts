import { z } from 'zod'

/** Where a handler is. */
export const place = {
  host: z.string().min(1).default('_').describe('Host header that is served; `_` means any.').meta({ reload: 'live' }),
  path: z
    .string()
    .regex(/^\//, { error: 'Expected a path that begins with a slash.' })
    .describe('Path that is served.')
    .meta({ reload: 'live' }),
}

/** A handler without options of its own; `path` is where it usually is. */
export function plainHandler(path: string) {
  return z.array(z.strictObject({ ...place, path: place.path.meta({ example: path }) })).optional()
}
