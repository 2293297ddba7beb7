import { z } from 'zod'

const allowed = z.strictObject({
  commands: z
    .union([z.literal('all'), z.array(z.string().min(1))], { error: 'Expected "all" or a list of commands.' })
    .default([])
    .describe('`all`, or names of commands: `account.registerUser` as well as `register_identified`.')
    .meta({ reload: 'live', shownAs: '"all" or array of strings', example: ['register_identified'] }),
  argument_restrictions: z
    .record(z.string(), z.string())
    .default({})
    .describe('Values that arguments of the command must have.')
    .meta({ reload: 'live' }),
})

/** Commands that somebody may give. */
export interface AllowedCommands {
  readonly commands: 'all' | readonly string[]
  readonly argument_restrictions: Readonly<Record<string, string>>
}

/** Which commands the command line may give, by access rule. */
export const commandAccess = z
  .record(z.string(), allowed)
  .optional()
  .describe(
    'Where this is set, the command line gives only these commands: by access rule, for whom signs in with `--auth USER HOST PASSWORD`; those of the rule `all` are for everybody.',
  )
  .meta({ reload: 'live', era: '4.0', mayBeListed: true })
