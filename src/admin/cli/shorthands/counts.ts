import { lines, table } from './parts.ts'
import { type Shorthand, shorthand } from './shorthand.ts'

interface UserStatus {
  readonly user: string
  readonly priority: number | null
  readonly text: string | null
}

/** Names of MongooseIM 4.0.0 for what is counted. */
const names = {
  registeredusers: 'registeredUsers',
  onlineusers: 'onlineUsers',
  onlineusersnode: 'onlineUsersNode',
  uptimeseconds: 'uptimeSeconds',
} as const

function figure(stats: Readonly<Record<string, number>>, name: string | undefined): { text: string; code?: number } {
  const found = stats[names[name as keyof typeof names] ?? '']
  return found === undefined ? { text: `There is no figure ${name ?? ''}`, code: 1 } : { text: String(found) }
}

/** Address, resource, priority and text in columns. */
function row({ user, priority, text }: UserStatus): readonly unknown[] {
  const [bare = '', resource = ''] = user.split('/', 2)
  const [local = '', domain = ''] = bare.split('@', 2)
  return [local, domain, resource, priority, text]
}

const showStatuses = (found: readonly UserStatus[]) => table(found.map(row))

/** Figures, and who says what of themselves. */
export const countShorthands: readonly Shorthand[] = [
  shorthand({
    usage: 'stats NAME',
    about: 'Tells a figure: registeredusers, onlineusers, onlineusersnode or uptimeseconds.',
    command: 'stat.globalStats',
    show: (stats: Readonly<Record<string, number>>, [name]) => figure(stats, name),
  }),
  shorthand({
    usage: 'stats_host NAME HOST',
    about: 'Tells a figure of a domain: registeredusers or onlineusers.',
    command: 'stat.domainStats',
    input: ([, domain = '']) => ({ domain }),
    show: (stats: Readonly<Record<string, number>>, [name]) => figure(stats, name),
  }),
  shorthand({
    usage: 'status_num STATUS',
    about: 'Counts the sessions that say so: available, away, chat, dnd, xa.',
    command: 'session.countUsersWithStatus',
    input: ([status = '']) => ({ status }),
  }),
  shorthand({
    usage: 'status_num_host HOST STATUS',
    about: 'Counts those of a domain.',
    command: 'session.countUsersWithStatus',
    input: ([domain = '', status = '']) => ({ domain, status }),
  }),
  shorthand({
    usage: 'status_list STATUS',
    about: 'Lists the sessions that say so: user, domain, resource, priority, text.',
    command: 'session.listUsersWithStatus',
    input: ([status = '']) => ({ status }),
    show: showStatuses,
  }),
  shorthand({
    usage: 'status_list_host HOST STATUS',
    about: 'Lists those of a domain.',
    command: 'session.listUsersWithStatus',
    input: ([domain = '', status = '']) => ({ domain, status }),
    show: showStatuses,
  }),
  ...['incoming_s2s_number', 'outgoing_s2s_number'].map((usage) =>
    shorthand({
      usage,
      about: 'Counts connections with other servers.',
      command: 'stat.globalStats',
      show: (stats: { incomingS2S: number; outgoingS2S: number }) =>
        lines([String(usage.startsWith('incoming') ? stats.incomingS2S : stats.outgoingS2S)]),
    }),
  ),
]
