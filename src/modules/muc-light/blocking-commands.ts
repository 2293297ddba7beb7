import { z } from 'zod'
import { command } from '../../module/command.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { userJid } from '../../module/scalars.ts'
import { mucLightApi } from './api.ts'
import { blockChange } from './blocking.ts'
import { allowing, mustExist } from './command-target.ts'

const user = userJid().describe('Address of the account.')
const kinds = z.enum(['ROOM', 'USER']).describe('Whether a room or a user.')

const getBlockingList = command({
  name: 'muc_light.getBlockingList',
  about: 'Lists the rooms and users that somebody wants not to be added to or by.',
  input: z.strictObject({ user }),
  output: z.array(z.strictObject({ entityType: kinds, action: z.literal('DENY'), entity: z.string() })),
  scope: 'user',
  own: 'user',
  async run(input, services: ModuleServices) {
    const api = services.api(input.user.domain, mucLightApi)
    await mustExist(api, input.user)
    const blocked = await api.blockedBy(input.user)
    return blocked.map(({ kind, jid }) => ({
      entityType: kind === 'room' ? ('ROOM' as const) : ('USER' as const),
      action: 'DENY' as const,
      entity: jid.full,
    }))
  },
})

const setBlockingList = command({
  name: 'muc_light.setBlockingList',
  about: 'Changes which rooms and users somebody wants not to be added to or by.',
  input: z.strictObject({
    user,
    items: z
      .array(
        z.strictObject({
          entityType: kinds,
          action: z.enum(['ALLOW', 'DENY']).describe('What becomes of it.'),
          entity: z.string().describe('Its address.'),
        }),
      )
      .min(1)
      .describe('The changes; what is not named stays as it is.'),
  }),
  output: z.string(),
  scope: 'user',
  own: 'user',
  changes: true,
  async run(input, services: ModuleServices) {
    const api = services.api(input.user.domain, mucLightApi)
    await mustExist(api, input.user)
    await allowing(async () => {
      const changes = input.items.map(({ entityType, action, entity }) =>
        blockChange(entityType === 'ROOM' ? 'room' : 'user', entity, action === 'DENY' ? 'deny' : 'allow'),
      )
      await api.block(input.user, changes)
    })
    return 'User blocking list updated successfully'
  },
})

/** Admin commands on blocking lists. */
export const blockingCommands = [getBlockingList, setBlockingList]
