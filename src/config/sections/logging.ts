import { z } from 'zod'

const formats = ['logfmt', 'json'] as const

/** The `[logging]` table. */
export const logging = z.strictObject({
  console: z
    .enum(['auto', 'pretty', ...formats, 'none'])
    .default('auto')
    .describe('What is written to standard error; `auto` is `pretty` at a terminal and `json` elsewhere.'),
  files: z
    .array(
      z.strictObject({
        path: z.string().min(1).describe('The file; a relative path starts from the data folder.'),
        format: z.enum(formats).default('logfmt').describe('`key=value` pairs, or an object of JSON, a line an event.'),
        max_bytes: z
          .int()
          .min(1024)
          .default(2 * 1024 * 1024)
          .describe('Size at which the file is moved aside and a new one begun.'),
        max_files: z.int().min(1).default(5).describe('Files kept, the current one included.'),
      }),
    )
    .prefault([
      { path: 'log/meerkat.log', format: 'logfmt' },
      { path: 'log/meerkat.json', format: 'json' },
    ])
    .describe('Files to write the log to.')
    .meta({ example: [{ path: 'log/meerkat.log' }, { path: 'log/meerkat.json', format: 'json' }] }),
  lag_warning: z
    .int()
    .min(0)
    .default(500)
    .describe('Milliseconds that the event loop may be late before a warning says so; 0 for none.'),
})
