import { StanzaError } from '../../stanza/stanza-error.ts'
import type { AdminCall, AdminCommand } from './admin-command.ts'
import { done, question, textField, textOf } from './form.ts'

/** Choices of `delay` in seconds (XEP-0133 §4.30); ours: at once. */
const delays = ['0', '30', '60', '90', '120', '180', '240', '300'] as const

/** Runs something after so many seconds, unless the module stops before. */
export type Later = (seconds: number, work: () => Promise<unknown>) => void

function ending(name: 'restart' | 'shutdown', title: string, operation: string, later: Later): AdminCommand {
  /** What would keep it from starting again is told now, not when nobody listens any more. */
  const check = async ({ operations }: AdminCall) => {
    if (name === 'restart') await operations.run('server.checkRestart', {})
  }
  const doing = name === 'restart' ? 'restarting' : 'shutting down'
  return {
    name,
    title,
    isGlobal: true,
    operations: [operation],
    async ask(call) {
      await check(call)
      return question(
        title,
        {
          var: 'delay',
          type: 'list-single',
          label: `Time delay before ${doing}, in seconds`,
          values: ['30'],
          options: delays.map((value) => ({ value })),
        },
        { ...textField('announcement', 'Announcement'), isRequired: false },
      )
    },
    async run(call, form) {
      const { operations, domain } = call
      await check(call)
      const body = textOf(form, 'announcement')
      if (body !== '') await operations.run('announce.sendAnnouncement', { domain, body })
      const seconds = Number(form.value('delay') ?? '0')
      later(seconds, () => operations.run(operation, {}))
      return done(seconds === 0 ? `The server is ${doing}` : `The server is ${doing} in ${seconds} seconds`)
    },
  }
}

/** Commands for what stands in the configuration file, which clients cannot change. */
function inConfiguration(name: string, title: string, place: string): AdminCommand {
  return {
    name,
    title,
    isGlobal: true,
    operations: [],
    run() {
      throw new StanzaError('feature-not-implemented', { text: `This is set by ${place} in the configuration` })
    },
  }
}

/** Commands on the server as a whole (XEP-0133 §4.11, §4.12, §4.29 to §4.31). */
export function serviceCommands(later: Later): readonly AdminCommand[] {
  return [
    inConfiguration('edit-blacklist', 'Edit Blacklist', 's2s.host_policy'),
    inConfiguration('edit-whitelist', 'Edit Whitelist', 's2s.host_policy'),
    inConfiguration('edit-admin', 'Edit Admin List', 'acl.admin'),
    ending('restart', 'Restart Service', 'server.restart', later),
    ending('shutdown', 'Shut Down Service', 'server.stop', later),
  ]
}
