import { z } from 'zod'
import { dataBackend, period } from '../../config/option.ts'

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
