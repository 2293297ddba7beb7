import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain, nonNegInt, posInt, userJid } from '../../module/scalars.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { type Broadcast, broadcastApi } from './api.ts'

const groups = ['ALL_USERS_IN_DOMAIN'] as const

const shape = z.strictObject({
  id: z.int(),
  name: z.string(),
  domain: z.string(),
  messageSubject: z.string(),
  messageBody: z.string(),
  senderJid: z.string(),
  messageRate: z.int(),
  ownerNode: z.string(),
  createTimestamp: z.string(),
  startTimestamp: z.string().nullable(),
  stopTimestamp: z.string().nullable(),
  executionState: z.enum(['RUNNING', 'FINISHED', 'ABORT_ERROR', 'ABORT_ADMIN']),
  abortionReason: z.string().nullable(),
  recipientGroup: z.enum(groups),
  recipientCount: z.int(),
  recipientsProcessed: z.int(),
})
const result = z.strictObject({ message: z.string(), ids: z.array(z.int()) })

const states = {
  running: 'RUNNING',
  finished: 'FINISHED',
  abort_error: 'ABORT_ERROR',
  abort_admin: 'ABORT_ADMIN',
} as const

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : formatTimestamp(ms)
}

function shown(job: Broadcast): z.input<typeof shape> {
  return {
    id: job.id,
    name: job.name,
    domain: job.domain,
    messageSubject: job.subject,
    messageBody: job.body,
    senderJid: job.sender.bareString,
    messageRate: job.rate,
    ownerNode: job.owner ?? '',
    createTimestamp: formatTimestamp(job.createdAt),
    startTimestamp: timeOf(job.startedAt),
    stopTimestamp: timeOf(job.stoppedAt),
    executionState: states[job.state],
    abortionReason: job.reason ?? null,
    recipientGroup: 'ALL_USERS_IN_DOMAIN',
    recipientCount: job.recipients,
    recipientsProcessed: job.processed,
  }
}

const oneDomain = domain().describe('A domain of this server.')
const id = z.int().describe('Number of the broadcast.')

const getBroadcasts = command({
  name: 'broadcast.getBroadcasts',
  about: 'Lists the broadcasts of a domain, newest first.',
  input: z.strictObject({
    domain: oneDomain,
    limit: posInt().default(50).describe('Most broadcasts listed.'),
    index: nonNegInt().default(0).describe('How many are left out at the beginning.'),
  }),
  output: z.array(shape),
  scope: 'admin',
  async run(input, services: ModuleServices) {
    const jobs = await services.api(input.domain, broadcastApi).list(input.domain, input.limit, input.index)
    return jobs.map(shown)
  },
})

const getBroadcast = command({
  name: 'broadcast.getBroadcast',
  about: 'Tells how far a broadcast is.',
  input: z.strictObject({ domain: oneDomain, id }),
  output: shape,
  scope: 'admin',
  async run(input, services: ModuleServices) {
    const job = await services.api(input.domain, broadcastApi).get(input.domain, input.id)
    if (job === undefined) throw new CommandError('broadcast_not_found', 'Broadcast job not found', { id: input.id })
    return shown(job)
  },
})

const startBroadcast = command({
  name: 'broadcast.startBroadcast',
  about: 'Sends a message to all accounts of a domain, at a rate.',
  input: z.strictObject({
    name: z.string().describe('Name of the broadcast.'),
    domain: oneDomain,
    messageSubject: z.string().describe('Subject of the message.'),
    messageBody: z.string().describe('Text of the message.'),
    senderJid: userJid().describe('The account that it is from.'),
    messageRate: z.int().describe('Messages a second, 1 to 1000.'),
    recipientGroup: z.enum(groups).describe('Who gets it.'),
  }),
  output: result,
  scope: 'admin',
  changes: true,
  async run(input, services: ModuleServices) {
    const started = await services.api(input.domain, broadcastApi).start({
      name: input.name,
      domain: input.domain,
      sender: input.senderJid,
      subject: input.messageSubject,
      body: input.messageBody,
      rate: input.messageRate,
    })
    return { message: 'Broadcast started', ids: [started] }
  },
})

const abortBroadcast = command({
  name: 'broadcast.abortBroadcast',
  about: 'Stops a broadcast.',
  input: z.strictObject({ domain: oneDomain, id }),
  output: result,
  scope: 'admin',
  changes: true,
  async run(input, services: ModuleServices) {
    await services.api(input.domain, broadcastApi).abort(input.domain, input.id)
    return { message: 'Broadcast aborted', ids: [input.id] }
  },
})

const deleteByIds = command({
  name: 'broadcast.deleteInactiveBroadcastsByIds',
  about: 'Drops broadcasts that do not run.',
  input: z.strictObject({ domain: oneDomain, ids: z.array(z.int()).describe('Numbers of the broadcasts.') }),
  output: result,
  scope: 'admin',
  changes: true,
  async run(input, services: ModuleServices) {
    const ids = await services.api(input.domain, broadcastApi).remove(input.domain, input.ids)
    return { message: 'Broadcasts deleted', ids }
  },
})

const deleteByDomain = command({
  name: 'broadcast.deleteInactiveBroadcastsByDomain',
  about: 'Drops all broadcasts of a domain that do not run.',
  input: z.strictObject({ domain: oneDomain }),
  output: result,
  scope: 'admin',
  changes: true,
  async run(input, services: ModuleServices) {
    const ids = await services.api(input.domain, broadcastApi).remove(input.domain)
    return { message: 'Broadcasts deleted', ids }
  },
})

/** The commands of the category `broadcast`. */
export const broadcastCommands = [
  getBroadcasts,
  getBroadcast,
  startBroadcast,
  abortBroadcast,
  deleteByIds,
  deleteByDomain,
]
