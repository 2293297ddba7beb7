import { z } from 'zod'
import { address, intOrInfinity, ruleName } from '../../config/option.ts'

export const options = z.strictObject({
  access: ruleName()
    .default('all')
    .describe('Access rule: which names may be registered, and who may change a password or leave.')
    .meta({ reload: 'live' }),
  welcome_message: z
    .strictObject({
      subject: z.string().default('').describe('Subject of the message.'),
      body: z.string().default('').describe('Text of the message.'),
    })
    .optional()
    .describe('A message that each new account finds.')
    .meta({ reload: 'live' }),
  registration_watchers: z
    .array(address())
    .default([])
    .describe('Addresses that are told of each registration.')
    .meta({ reload: 'live' }),
  password_strength: z
    .number()
    .min(0)
    .default(0)
    .describe('Least entropy of a password in bits; 0 takes every password.')
    .meta({ reload: 'live' }),
  max_per_day: intOrInfinity()
    .prefault('infinity')
    .describe('Most registrations of a domain in a day (of UTC).')
    .meta({ reload: 'live' }),
  max_per_address_per_day: intOrInfinity()
    .prefault('infinity')
    .describe('Most registrations from one address, or one IPv6 network of 64 bits, in a day (of UTC).')
    .meta({ reload: 'live' }),
  ip_access: z
    .array(
      z.strictObject({
        address: z.string().describe('Address, or network as `192.0.2.0/24`.'),
        policy: z.enum(['allow', 'deny']).describe('Whether registrations may come from there.'),
      }),
    )
    .default([])
    .describe('Where registrations may come from; the first entry that matches decides, no match allows.'),
})

export type RegisterOptions = z.output<typeof options>
