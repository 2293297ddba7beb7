import { z } from 'zod'
import { dataBackend } from '../../config/option.ts'

const unitMs = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1000 }

/** A length of time as a number and its unit; becomes milliseconds. */
function period(value: number, unit: keyof typeof unitMs) {
  return z
    .strictObject({
      value: z.int().min(0).describe('How many.'),
      unit: z.enum(['days', 'hours', 'minutes', 'seconds']).describe('Of what.'),
    })
    .prefault({ value, unit })
}

export const options = z.strictObject({
  backend: dataBackend('rdbms'),
  validity_period: z
    .strictObject({
      access: period(3, 'days').describe('How long a token can be used.'),
      rotate_before_expire: period(6, 'hours').describe(
        'Whoever signs in by a token that ends so soon is given the next one.',
      ),
    })
    .prefault({}),
})

export type FastOptions = z.output<typeof options>

/** Milliseconds. */
export function msOf({ value, unit }: FastOptions['validity_period']['access']): number {
  return value * unitMs[unit]
}
