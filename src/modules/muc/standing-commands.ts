import { z } from 'zod'
import { command } from '../../module/command.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { userJid } from '../../module/scalars.ts'
import { requireAffiliationGiver, requireListReader, requireRoleGiver, requireSpectator } from './command-rights.ts'
import { withRoom } from './command-target.ts'
import type { Affiliation, Role } from './core/standing.ts'

const room = userJid().describe('Address of the room.')
const nick = z.string().min(1).describe('Nick in the room.')
const affiliation = z.enum(['OWNER', 'ADMIN', 'MEMBER', 'OUTCAST', 'NONE'])
const role = z.enum(['VISITOR', 'PARTICIPANT', 'MODERATOR'])

function lower<T extends string>(word: T): Lowercase<T> {
  return word.toLowerCase() as Lowercase<T>
}

function upper<T extends string>(word: T): Uppercase<T> {
  return word.toUpperCase() as Uppercase<T>
}

const kickUser = command({
  name: 'muc.kickUser',
  about: 'Puts somebody out of a room.',
  input: z.strictObject({ room, nick, reason: z.string().default('').describe('Why, for people to read.') }),
  output: z.string(),
  scope: 'user',
  changes: true,
  run: (input, services: ModuleServices, { user }) =>
    withRoom(input.room, services, async (api, found) => {
      requireRoleGiver(found, user, { nick: input.nick, role: 'none' })
      await api.setRole(input.room, input.nick, 'none', input.reason)
      return 'User kicked successfully'
    }),
})

const setUserRole = command({
  name: 'muc.setUserRole',
  about: 'Gives an occupant a role.',
  input: z.strictObject({ room, nick, role: role.describe('The role.') }),
  output: z.string(),
  scope: 'user',
  changes: true,
  run: (input, services: ModuleServices, { user }) =>
    withRoom(input.room, services, async (api, found) => {
      const wanted: Role = lower(input.role)
      requireRoleGiver(found, user, { nick: input.nick, role: wanted })
      await api.setRole(input.room, input.nick, wanted, '')
      return 'Role set successfully'
    }),
})

const setUserAffiliation = command({
  name: 'muc.setUserAffiliation',
  about: 'Gives somebody an affiliation with a room.',
  input: z.strictObject({
    room,
    user: userJid().describe('Address of the account.'),
    affiliation: affiliation.describe('The affiliation.'),
  }),
  output: z.string(),
  scope: 'user',
  changes: true,
  run: (input, services: ModuleServices, { user: giver }) =>
    withRoom(input.room, services, async (api, found) => {
      const wanted: Affiliation = lower(input.affiliation)
      requireAffiliationGiver(found, giver, { user: input.user, affiliation: wanted })
      await api.setAffiliation(input.room, input.user, wanted)
      return 'Affiliation set successfully'
    }),
})

const listRoomUsers = command({
  name: 'muc.listRoomUsers',
  about: 'Lists who is in a room.',
  input: z.strictObject({ room }),
  output: z.array(z.strictObject({ jid: z.string().nullable(), nick: z.string(), role })),
  scope: 'user',
  run: (input, services: ModuleServices, { user }) =>
    withRoom(input.room, services, async (_api, found) => {
      requireSpectator(found, user)
      const seesAddresses = user === undefined || found.seesAddresses(user)
      return [...found.occupants.all()].flatMap(({ seats, jid, role: held }) =>
        seats.map((seat) => ({
          jid: seesAddresses ? seat.jid.full : null,
          nick: jid.resource,
          // Who is inside has one.
          role: upper(held) as z.input<typeof role>,
        })),
      )
    }),
})

const listRoomAffiliations = command({
  name: 'muc.listRoomAffiliations',
  about: 'Lists who has which affiliation with a room.',
  input: z.strictObject({ room, affiliation: affiliation.optional().describe('Only this one.') }),
  output: z.array(z.strictObject({ jid: z.string(), affiliation })),
  scope: 'user',
  run: (input, services: ModuleServices, { user }) =>
    withRoom(input.room, services, async (api, found) => {
      requireListReader(found, user)
      return (await api.affiliations(input.room))
        .map((entry) => ({ jid: entry.jid.full, affiliation: upper(entry.affiliation) }))
        .filter((entry) => input.affiliation === undefined || entry.affiliation === input.affiliation)
    }),
})

/** The commands on who is what in a room. */
export const standingCommands = [kickUser, setUserRole, setUserAffiliation, listRoomUsers, listRoomAffiliations]
