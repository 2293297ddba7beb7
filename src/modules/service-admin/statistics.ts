import type { FormField } from '../../stanza/data-form.ts'
import type { AdminCall, AdminCommand } from './admin-command.ts'
import { answer, question } from './form.ts'

/** Choices of `max_items` (XEP-0133 §4.20). */
const sizes = ['25', '50', '75', '100', '150', '200', 'none'] as const
/** Addresses in one answer, whatever was asked for: more would not fit into a stanza. */
const mostListed = 500

const maxItems: FormField = {
  var: 'max_items',
  type: 'list-single',
  label: 'Maximum number of items to show',
  options: sizes.map((value) => ({ value })),
}

interface Group {
  /** `registered`, `online`…: in the names of nodes and fields. */
  readonly name: string
  /** The node of the list without `get-` where it is not `NAME-users-list`. */
  readonly list?: string
  readonly operations: readonly string[]
  count(call: AdminCall): Promise<number>
  page(call: AdminCall, limit: number): Promise<readonly string[]>
}

function online(name: string, activity: 'any' | 'active' | 'idle', list?: string): Group {
  const all = ({ operations, domain }: AdminCall) =>
    operations.run<string[]>('session.listOnlineUsers', { domain, activity })
  return {
    name,
    ...(list === undefined ? {} : { list }),
    operations: ['session.listOnlineUsers'],
    count: async (call) => (await all(call)).length,
    page: async (call, limit) => (await all(call)).slice(0, limit),
  }
}

const groups: readonly Group[] = [
  {
    name: 'registered',
    operations: ['account.countUsers', 'account.listUsers'],
    count: ({ operations, domain }) => operations.run('account.countUsers', { domain }),
    page: ({ operations, domain }, limit) => operations.run('account.listUsers', { domain, limit }),
  },
  {
    name: 'disabled',
    operations: ['blocklist.userCount', 'blocklist.listBlockedUsers'],
    count: ({ operations, domain }) => operations.run('blocklist.userCount', { domain }),
    async page({ operations, domain }, limit) {
      const users = await operations.run<{ jid?: string; user?: string }[]>('blocklist.listBlockedUsers', {
        domain,
        limit,
      })
      return users.map(({ jid, user }) => jid ?? user ?? '')
    },
  },
  online('online', 'any'),
  online('active', 'active', 'active-users'),
  online('idle', 'idle', 'idle-users'),
]

function commandsOf(group: Group): AdminCommand[] {
  const { name, operations } = group
  const Name = `${name[0]?.toUpperCase()}${name.slice(1)}`
  const list = `List of ${Name} Users`
  return [
    {
      name: `get-${name}-users-num`,
      title: `Get Number of ${Name} Users`,
      operations,
      async run(call) {
        const label = `The number of ${name} users`
        return answer(label, { var: `${name}usersnum`, label, values: [String(await group.count(call))] })
      },
    },
    {
      name: `get-${group.list ?? `${name}-users-list`}`,
      title: `Get ${list}`,
      operations,
      ask: () => question(`Requesting ${list}`, maxItems),
      async run(call, form) {
        const asked = Number(form.value('max_items') ?? mostListed)
        const values = await group.page(call, Number.isNaN(asked) ? mostListed : asked)
        return answer(list, { var: `${name}userjids`, type: 'jid-multi', label: `The list of ${name} users`, values })
      },
    },
  ]
}

/** Numbers and lists of users (XEP-0133 §4.13 to §4.22). */
export const statisticsCommands: readonly AdminCommand[] = groups.flatMap(commandsOf)
