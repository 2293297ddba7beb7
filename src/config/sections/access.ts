import { z } from 'zod'
import { oneOf } from '../option.ts'

function regularExpression() {
  return z
    .string()
    .transform((source, context) => {
      try {
        return new RegExp(source, 'u')
      } catch {
        context.addIssue({ code: 'custom', input: source, message: 'This is not a valid regular expression.' })
        return z.NEVER
      }
    })
    .meta({ shownAs: 'regular expression' })
}

const pattern = z.strictObject({
  match: oneOf('all', 'none', 'current_domain', 'any_hosted_domain')
    .optional()
    .describe(
      'Which users are considered at all. Default: those of the domain in question, or any if a `server` key is there.',
    ),
  user: z.string().optional().describe('Local part.'),
  server: z.string().optional().describe('Domain.'),
  resource: z.string().optional().describe('Resource.'),
  user_regexp: regularExpression().optional().describe('Expression found in the local part.'),
  server_regexp: regularExpression().optional().describe('Expression found in the domain.'),
  resource_regexp: regularExpression().optional().describe('Expression found in the resource.'),
  user_glob: z.string().optional().describe('Shell pattern for the whole local part.'),
  server_glob: z.string().optional().describe('Shell pattern for the whole domain.'),
  resource_glob: z.string().optional().describe('Shell pattern for the whole resource.'),
})

/** The `[acl]` table: classes of users by name. */
export const acl = z.record(z.string(), z.array(pattern))

const value = z.union([z.string().min(1), z.int()], {
  error: 'Expected "allow", "deny", an integer, "infinity" or the name of a shaper.',
})

const clause = z.strictObject({
  acl: z.string().min(1).describe('Class of users, or `all` or `none`.'),
  value: value
    .transform((given) => (given === 'infinity' ? Number.POSITIVE_INFINITY : given))
    .describe('What a user of that class gets: `allow`, `deny`, a number, `infinity`, or a shaper.')
    .meta({ shownAs: '"allow", "deny", integer, "infinity" or shaper' }),
})

/** The `[access]` table: rules by name. */
export const access = z.record(z.string(), z.array(clause))

/** The `[shaper.…]` tables. */
export const shaper = z.record(
  z.string(),
  z.strictObject({
    max_rate: z
      .int()
      .min(1)
      .describe('Bytes, or operations, a second.')
      .meta({ reload: 'live', aliases: ['maxrate'] }),
  }),
)
