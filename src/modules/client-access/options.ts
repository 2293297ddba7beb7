import { z } from 'zod'
import { period } from '../../config/option.ts'

export const options = z.strictObject({
  keep: period(90, 'days').describe('How long a client is remembered that does not come any more.'),
  max_clients: z.int().min(1).default(50).describe('Most clients of an account that are remembered.'),
  keep_names: z
    .boolean()
    .default(true)
    .describe('Whether to keep what clients call themselves: program, device, resource.'),
})

export type ClientAccessOptions = z.output<typeof options>
