/** How passwords are stored. */
export type Storage = 'plain' | 'hashed'

/** One load of the generator xmppload, or of ours. */
export interface Scenario {
  title: string
  args: readonly string[]
  /** Name of a load of bench/run.ts, where the generator has none such. `figure` is one of its figures. */
  own?: string
  isTls?: true
  /** Accounts it needs, and the prefix of their names. */
  users: number
  prefix?: string
  /** Which field of the generator's report is compared, and its unit. */
  figure: string
  unit: string
  /** Other fields of the same run, each a row of its own. */
  also?: readonly Pick<Scenario, 'title' | 'figure' | 'unit'>[]
  /** Settings of ours beside bench.toml. Peers run as they do otherwise. */
  settings?: string
  /** How peers store the passwords; ours are stored as SCRAM keys always. */
  storage: Storage
  /** Peers keep archives too, in SQLite. */
  peersArchive?: true
}

const window = ['--warmup', '1.5', '--time', '6']
const chat = { figure: 'srv_us_per_msg', unit: 'us/message', storage: 'plain' } as const
const logins = { figure: 'srv_ms_per_login', unit: 'ms/login', storage: 'hashed' } as const
const rooms = { figure: 'srv_us_per_delivery', unit: 'us/delivery', storage: 'plain', users: 1000 } as const
const archive = '[modules.mod_mam]\nbackend = "rdbms"\npm = {}\n'
const roomArchive = '[modules.mod_mam]\nbackend = "rdbms"\nmuc = {}\n'
const tenRooms = ['muc', '--rooms', '10', '--occupants', '100', ...window]
const idle = { figure: 'kib_per_session', unit: 'KiB/session', storage: 'plain' } as const

/** So many users with two devices each, in pairs. */
function managed(users: number): Scenario {
  return {
    title: `chat with stream management and carbons, ${users} users with 2 devices, 1 outstanding`,
    args: ['--sessions', String(2 * users), '--idle-sessions', '0', '--seconds', '6', '--warm-up', '3'],
    own: 'chat-sm',
    users,
    prefix: 'bench',
    figure: 'us/message',
    unit: 'us/message',
    storage: 'plain',
  }
}

/** What is compared, by the name that --only takes. */
export const scenarios: Record<string, Scenario> = {
  'chat-200-w1': {
    ...chat,
    title: 'chat, 200 sessions, 1 outstanding',
    args: ['chat', '-n', '200', '-w', '1', ...window],
    users: 200,
  },
  'chat-200-w8': {
    ...chat,
    title: 'chat, 200 sessions, 8 outstanding',
    args: ['chat', '-n', '200', '-w', '8', ...window],
    users: 200,
  },
  'chat-2000-w1': {
    ...chat,
    title: 'chat, 2,000 sessions, 1 outstanding',
    args: ['chat', '-n', '2000', '-w', '1', ...window],
    users: 2000,
  },
  'chat-200-w1-tls': {
    ...chat,
    title: 'chat, 200 sessions, direct TLS',
    args: ['chat', '-n', '200', '-w', '1', ...window],
    users: 200,
    isTls: true,
  },
  'chat-archived': {
    ...chat,
    title: 'chat, 200 sessions, 1 outstanding; ours into both archives',
    args: ['chat', '-n', '200', '-w', '1', ...window],
    users: 200,
    settings: archive,
  },
  'chat-steady': {
    ...chat,
    title: '2,000 messages a second, 200 sessions; ours into both archives',
    args: ['chat', '-n', '200', '--rate', '2000', ...window],
    users: 200,
    settings: archive,
    also: [{ title: 'the same, latency, 99th percentile', figure: 'p99_us', unit: 'us' }],
  },
  'mam-last': {
    title: 'newest archive page of 50 with one contact, both with SQLite',
    args: ['mam', '-n', '200', '--rate', '400', '--warmup', '2', '--time', '14', '--qtime', '5', '--qconc', '20'],
    users: 200,
    figure: 'last_srv_us_per_q',
    unit: 'us/page',
    storage: 'plain',
    settings: archive,
    peersArchive: true,
  },
  'muc-10x100': {
    ...rooms,
    title: 'groupchat, 10 rooms of 100',
    args: tenRooms,
    also: [{ title: 'joining a room of 100', figure: 'join_srv_ms_per_occupant', unit: 'ms/join' }],
  },
  'muc-1x1000': {
    ...rooms,
    title: 'groupchat, 1 room of 1,000, 4 senders',
    args: ['muc', '--rooms', '1', '--occupants', '1000', '--senders', '4', ...window],
  },
  'muc-archived': {
    ...rooms,
    title: 'groupchat, 10 rooms of 100; ours into their archives',
    args: tenRooms,
    settings: roomArchive,
  },
  'chat-sm': managed(100),
  'chat-sm-200': managed(200),
  'pubsub-1000': {
    title: 'publication to a node with 1,000 subscribers',
    args: ['--sessions', '2', '--idle-sessions', '0', '--seconds', '6', '--warm-up', '3'],
    own: 'pubsub-1000',
    users: 1001,
    prefix: 'bench',
    figure: 'us/notification',
    unit: 'us/notification',
    storage: 'plain',
  },
  'pep-50': {
    title: 'publication of 10 accounts at once, each with 50 contacts, 25 of whom want to hear',
    args: ['--sessions', '60', '--idle-sessions', '0', '--seconds', '6', '--warm-up', '3'],
    own: 'pep-50',
    users: 60,
    prefix: 'bench',
    figure: 'us/publication',
    unit: 'us/publication',
    storage: 'plain',
  },
  'pep-one': {
    title: 'the same, one account at a time',
    args: ['--sessions', '60', '--idle-sessions', '0', '--seconds', '6', '--warm-up', '3'],
    own: 'pep-one',
    users: 51,
    prefix: 'bench',
    figure: 'us/publication',
    unit: 'us/publication',
    storage: 'plain',
  },
  presence: {
    title: 'presence, 1,000 users with 20 contacts',
    args: ['presence', '-n', '1000', '--contacts', '20', '--user-prefix', 'p', ...window],
    users: 1000,
    prefix: 'p',
    figure: 'srv_us_per_delivery',
    unit: 'us/delivery',
    storage: 'plain',
  },
  'login-scram': {
    ...logins,
    title: 'login, SCRAM-SHA-1 and bind',
    // Two rounds first: ours compiles its code as it runs, which is over after some thousand logins. Enough of them for a second,
    // or one collection of garbage more or less would decide.
    args: ['login', '-n', '3000', '--mech', 'SCRAM-SHA-1', '--warm-rounds', '2'],
    users: 3000,
  },
  'login-plain': {
    ...logins,
    title: 'second login, PLAIN against stored SCRAM keys, roster and presence',
    args: ['login', '-n', '1000', '--presence', '--warm-rounds', '1'],
    users: 1000,
  },
  'idle-5000': {
    ...idle,
    title: 'idle, 5,000 sessions',
    args: ['idle', '-n', '5000', '--presence', '--hold', '10'],
    users: 5000,
  },
  'idle-2000-tls': {
    ...idle,
    title: 'idle, 2,000 sessions, direct TLS',
    args: ['idle', '-n', '2000', '--presence', '--hold', '10'],
    users: 2000,
    isTls: true,
  },
}
