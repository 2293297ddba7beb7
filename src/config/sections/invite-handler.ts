import { z } from 'zod'
import { place } from './place.ts'

const client = z.strictObject({
  name: z.string().min(1).describe('Its name.').meta({ example: 'Gajim' }),
  platforms: z.string().min(1).describe('What it runs on.').meta({ example: 'Linux, macOS, Windows' }),
  url: z
    .string()
    .regex(/^https:\/\/\S+$/, { error: 'Expected "https://…".' })
    .describe('Where it is to be had.')
    .meta({ example: 'https://gajim.org' }),
})

/** Pages of invitations on an HTTP listener. */
export const inviteHandler = z.strictObject({
  ...place,
  path: place.path.meta({ example: '/invite' }),
  clients: z
    .array(client)
    .default([
      { name: 'Conversations', platforms: 'Android', url: 'https://conversations.im' },
      { name: 'Monal', platforms: 'iOS, macOS', url: 'https://monal-im.org' },
      { name: 'Dino', platforms: 'Linux', url: 'https://dino.im' },
      { name: 'Gajim', platforms: 'Linux, macOS, Windows', url: 'https://gajim.org' },
    ])
    .describe('Clients that are recommended.')
    .meta({ reload: 'live' }),
})
