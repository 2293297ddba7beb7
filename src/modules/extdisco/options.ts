import { z } from 'zod'
import { oneOf, port } from '../../config/option.ts'

const text = () => z.string().min(1)

const portNumber = z
  .union(
    [
      port(),
      z
        .string()
        .regex(/^\d{1,5}$/)
        .transform(Number)
        .pipe(port()),
    ],
    {
      error: 'Expected a port: a number from 0 to 65535.',
    },
  )
  .optional()
  .describe('Port of the service.')
  .meta({ example: 3478, shownAs: 'port' })

const service = z
  .strictObject({
    type: text().describe('What it is: `stun`, `turn`, `ftp` and the like.').meta({ example: 'turn' }),
    host: text().describe('Its name or IP address.').meta({ example: 'turn.example.org' }),
    port: portNumber,
    transport: oneOf('tcp', 'udp').optional().describe('What carries it.').meta({ example: 'udp' }),
    username: text().optional().describe('User name, the same for everybody.').meta({ example: 'guest' }),
    password: text().optional().describe('Password for that name.').meta({ secret: true, example: 'guest' }),
    secret: text()
      .optional()
      .describe('Secret shared with a TURN server, from which credentials for an hour are made for each user.')
      .meta({ secret: true, example: 'shared secret' }),
  })
  .superRefine(({ username, password, secret }, context) => {
    if (secret === undefined || (username === undefined && password === undefined)) return
    const message = 'A service has either `secret` or `username` and `password`.'
    context.addIssue({ code: 'custom', path: ['secret'], input: secret, message })
  })

/** A service as it is configured. */
export type ServiceOptions = z.infer<typeof service>

export const options = z.strictObject({
  service: z
    .array(service)
    .default([])
    .describe('The services, in the order in which they are told.')
    .meta({ reload: 'live' }),
})
