import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain } from '../../module/scalars.ts'
import { announceApi, type KeptKind } from './api.ts'

const oneDomain = domain().describe('A domain of this server.')
const subject = z.string().max(1024).default('').describe('Subject of the message.')
const body = z.string().min(1).max(16_000).describe('Text of the message.')
const text = z.strictObject({ subject: z.string(), body: z.string() })

const announce = command({
  name: 'announce.sendAnnouncement',
  about: 'Sends a message to everybody of a domain who is online.',
  input: z.strictObject({ domain: oneDomain, subject, body }),
  output: z.strictObject({ message: z.string(), recipients: z.int() }),
  scope: 'admin',
  changes: true,
  run(input, services: ModuleServices) {
    const recipients = services.api(input.domain, announceApi).announce(input.domain, input)
    return { message: `Sent to ${recipients} ${recipients === 1 ? 'user' : 'users'}`, recipients }
  },
})

const silent = z
  .boolean()
  .default(false)
  .describe('Only changes the text: it is not sent now, and whoever has seen the one before is not shown this one.')

const setMotd = command({
  name: 'announce.setMotd',
  about: 'Sets the message of the day: sent to who is online, and shown to the others when they come.',
  input: z.strictObject({ domain: oneDomain, subject, body, silent }),
  output: z.string(),
  scope: 'admin',
  changes: true,
  async run({ domain, subject, body, silent }, services: ModuleServices) {
    await services.api(domain, announceApi).setMotd(domain, { subject, body }, silent)
    return 'The message of the day is set'
  },
})

const setWelcome = command({
  name: 'announce.setWelcome',
  about: 'Sets the message that new accounts of a domain are greeted with.',
  input: z.strictObject({ domain: oneDomain, subject, body }),
  output: z.string(),
  scope: 'admin',
  changes: true,
  async run({ domain, subject, body }, services: ModuleServices) {
    await services.api(domain, announceApi).setWelcome(domain, { subject, body })
    return 'The welcome message is set'
  },
})

function kept(kind: KeptKind, word: 'Motd' | 'Welcome', what: string) {
  const notFound = (name: string) => new CommandError('not_found', `There is no ${what}`, { domain: name })
  const get = command({
    name: `announce.get${word}`,
    about: `Tells the ${what} of a domain.`,
    input: z.strictObject({ domain: oneDomain }),
    output: text,
    scope: 'admin',
    async run(input, services: ModuleServices) {
      const found = await services.api(input.domain, announceApi).get(input.domain, kind)
      if (found === undefined) throw notFound(input.domain)
      return { subject: found.subject, body: found.body }
    },
  })
  const remove = command({
    name: `announce.delete${word}`,
    about: `Removes the ${what} of a domain.`,
    input: z.strictObject({ domain: oneDomain }),
    output: z.string(),
    scope: 'admin',
    changes: true,
    async run(input, services: ModuleServices) {
      if (!(await services.api(input.domain, announceApi).remove(input.domain, kind))) throw notFound(input.domain)
      return `The ${what} is removed`
    },
  })
  return [get, remove]
}

/** The commands of the category `announce`. */
export const announceCommands = [
  announce,
  setMotd,
  setWelcome,
  ...kept('motd', 'Motd', 'message of the day'),
  ...kept('welcome', 'Welcome', 'welcome message'),
]
