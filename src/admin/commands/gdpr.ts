import { z } from 'zod'
import { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import { domain, fileName, userName } from '../../module/scalars.ts'
import { type PersonalData, personalData } from '../../router/events.ts'
import type { Host } from '../../router/host.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { NewFile } from '../../storage/stream-files.ts'
import { zip } from '../../util/zip.ts'
import { csvText } from './csv.ts'

/** What commands on personal data work on. */
export interface PersonalDataServices {
  hostOf(domain: string): Host | undefined
  readonly nodeName: string
  /** The lines of this node's log that have this text, oldest first. */
  logLines(text: string): Promise<string>
  isFolder(path: string): boolean
}

async function codeFor(
  path: string,
  error: unknown,
  services: PersonalDataServices,
): Promise<CommandError | undefined> {
  const { code } = error as NodeJS.ErrnoException
  const options = { cause: error }
  const context = { path }
  if (services.isFolder(path)) {
    return new CommandError('location_is_a_directory_error', `${path} is a folder`, context, options)
  }
  switch (code) {
    case 'EEXIST':
      return new CommandError('file_already_exist_error', `${path} exists already`, context, options)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new CommandError('file_creation_permission_denied_error', `${path} cannot be made`, context, options)
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
    case 'EINVAL':
      return new CommandError('wrong_filename_error', `${path} is no place for a file`, context, options)
    default:
      return undefined
  }
}

const retrievePersonalData = command({
  name: 'gdpr.retrievePersonalData',
  about: 'Writes what is known about a user into a zip file: a table for each kind of data.',
  input: z.strictObject({
    username: userName().describe('Local part of the address.'),
    domain: domain().describe('A domain of this server.'),
    resultFilepath: fileName().describe('The file, which must not exist.'),
  }),
  output: z.string(),
  scope: 'admin',
  offline: true,
  async run({ username, domain: name, resultFilepath: path }, services: PersonalDataServices) {
    const user = Jid.of(username, name)
    const host = services.hostOf(name)
    if (host === undefined || !(await host.accounts.exists(user))) {
      const context = { jid: user.bareString }
      throw new CommandError('user_does_not_exist_error', `User ${user.bareString} does not exist`, context)
    }
    const out = await NewFile.create(path).catch(async (error: unknown) => {
      throw (await codeFor(path, error, services)) ?? error
    })
    try {
      await out.write(await archiveOf(host, user, services))
      await out.finish()
    } catch (error) {
      await out.discard()
      throw error
    }
    return `The data of ${user.bareString} is in ${path}`
  },
})

async function archiveOf(host: Host, user: Jid, services: PersonalDataServices): Promise<Buffer> {
  const failed: string[] = []
  const groups = await host.hooks.gather(personalData, { host, user }, (module) => failed.push(module))
  // Half of what is known would be taken for all of it.
  if (failed.length > 0) {
    throw new CommandError('internal', `Not everything could be read: ${failed.join(', ')} failed`, { modules: failed })
  }
  const all = [await accountGroup(host, user, groups), ...groups]
  const files = [...joined(all)].map(([name, rows]) => ({ name: `${name}.csv`, data: Buffer.from(csvText(rows)) }))
  const lines = await services.logLines(user.bareString)
  if (lines !== '') files.push({ name: `logs-${services.nodeName}.txt`, data: Buffer.from(lines) })
  return zip(files, host.clock.now())
}

/** The account itself. When it was last seen is known to the module that notes it. */
async function accountGroup(host: Host, user: Jid, groups: readonly PersonalData[]): Promise<PersonalData> {
  const created = await host.accounts.createdAt(user)
  const seen = groups.find(({ name }) => name === 'last')?.rows[0]?.['timestamp']
  const row = { jid: user.bareString, created: created === undefined ? '' : formatTimestamp(created), last_seen: seen }
  return { name: 'account', rows: [row] }
}

/** Rows by group: two modules may have rows of one. */
function joined(groups: readonly PersonalData[]): Map<string, PersonalData['rows'][number][]> {
  const byName = new Map<string, PersonalData['rows'][number][]>()
  for (const { name, rows } of groups) {
    if (rows.length > 0) byName.set(name, [...(byName.get(name) ?? []), ...rows])
  }
  return byName
}

/** The commands of the category `gdpr`. */
export const gdprCommands = [retrievePersonalData]
