import { address, lines, table } from './parts.ts'
import { type Shorthand, shorthand } from './shorthand.ts'

interface Session {
  readonly user: string
  readonly connection: string
  readonly ip: string
  readonly port: number
  readonly priority: number | null
  readonly node: string
  readonly uptime: number
}

const infoOf = ({ user, connection, ip, port, priority, node, uptime }: Session) => [
  user,
  connection,
  ip,
  port,
  priority,
  node,
  uptime,
]
const users = (sessions: readonly Session[]) => lines(sessions.map(({ user }) => user).sort())
const resourceOf = (user: string) => user.slice(user.indexOf('/') + 1)
const someone = ([user, host]: readonly string[]) => ({ user: address(user, host) })

/** Sessions. */
export const sessionShorthands: readonly Shorthand[] = [
  shorthand({
    usage: 'connected_users',
    about: 'Lists the full addresses of all sessions.',
    command: 'session.listSessions',
    show: users,
  }),
  shorthand({
    usage: 'connected_users_vhost HOST',
    about: 'Lists the full addresses of the sessions of a domain.',
    command: 'session.listSessions',
    input: ([domain = '']) => ({ domain }),
    show: users,
  }),
  shorthand({
    usage: 'connected_users_number',
    about: 'Counts all sessions.',
    command: 'session.countSessions',
  }),
  shorthand({
    usage: 'connected_users_info',
    about: 'Lists all sessions: address, connection, IP address, port, priority, node, seconds.',
    command: 'session.listSessions',
    show: (sessions: readonly Session[]) => table(sessions.map(infoOf)),
  }),
  shorthand({
    usage: 'user_sessions_info USER HOST',
    about: 'Lists the sessions of a user: address, connection, IP address, port, priority, node, seconds.',
    command: 'session.listUserSessions',
    input: someone,
    show: (sessions: readonly Session[]) => table(sessions.map(infoOf)),
  }),
  shorthand({
    usage: 'user_resources USER HOST',
    about: 'Lists the resources of a user.',
    command: 'session.listUserSessions',
    input: someone,
    show: (sessions: readonly Session[]) => lines(sessions.map(({ user }) => resourceOf(user)).sort()),
  }),
  shorthand({
    usage: 'num_resources USER HOST',
    about: 'Counts the sessions of a user.',
    command: 'session.countUserResources',
    input: someone,
  }),
  shorthand({
    usage: 'resource_num USER HOST NUMBER',
    about: 'Tells one resource of a user by its number.',
    command: 'session.getUserResource',
    input: ([user, host, number = '']) => ({ user: address(user, host), number }),
  }),
  shorthand({
    usage: 'kick_session USER HOST RESOURCE REASON',
    about: 'Ends one session.',
    command: 'session.kickUserSession',
    input: ([user, host, resource = '', reason = '']) => ({ user: `${address(user, host)}/${resource}`, reason }),
    show: () => 'ok',
  }),
]
