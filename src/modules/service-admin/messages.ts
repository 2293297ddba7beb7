import type { AdminCommand } from './admin-command.ts'
import { done, question, textField, textOf } from './form.ts'

interface TextCommand {
  readonly name: string
  readonly title: string
  readonly heading: string
  readonly field: string
  readonly label: string
  readonly operation: string
  readonly input?: Readonly<Record<string, unknown>>
  /** The command that tells the text there is, which the form begins with. */
  readonly current?: string
}

function taking({ name, title, heading, field, label, operation, input = {}, current }: TextCommand): AdminCommand {
  return {
    name,
    title,
    operations: [operation],
    async ask({ operations, domain }) {
      const kept = current === undefined ? undefined : await operations.find(current, { domain }, 'not_found')
      return question(heading, textField(field, label, (kept as { body: string } | undefined)?.body))
    },
    async run({ operations, domain }, form) {
      const answer = await operations.run(operation, { domain, body: textOf(form, field), ...input })
      return done(typeof answer === 'string' ? answer : (answer as { message: string }).message)
    },
  }
}

function deleting(name: string, title: string, operation: string): AdminCommand {
  return {
    name,
    title,
    operations: [operation],
    run: async ({ operations, domain }) => done(await operations.run<string>(operation, { domain })),
  }
}

const motd = { field: 'motd', label: 'Message of the Day', operation: 'announce.setMotd', current: 'announce.getMotd' }

/** Messages to the users (XEP-0133 §4.23 to §4.28). */
export const messageCommands: readonly AdminCommand[] = [
  taking({
    name: 'announce',
    title: 'Send Announcement to Online Users',
    heading: 'Making an Announcement',
    field: 'announcement',
    label: 'Announcement',
    operation: 'announce.sendAnnouncement',
  }),
  taking({ name: 'set-motd', title: 'Set Message of the Day', heading: 'Setting the Message of the Day', ...motd }),
  taking({
    name: 'edit-motd',
    title: 'Edit Message of the Day',
    heading: 'Editing the Message of the Day',
    ...motd,
    input: { silent: true },
  }),
  deleting('delete-motd', 'Delete Message of the Day', 'announce.deleteMotd'),
  taking({
    name: 'set-welcome',
    title: 'Set Welcome Message',
    heading: 'Setting Welcome Message',
    field: 'welcome',
    label: 'Welcome Message',
    operation: 'announce.setWelcome',
    current: 'announce.getWelcome',
  }),
  deleting('delete-welcome', 'Delete Welcome Message', 'announce.deleteWelcome'),
]
