import { randomBytes } from 'node:crypto'
import { it } from 'vitest'
import { Client, type SignInOptions } from './client.ts'
import { type DatabaseKind, databaseOf } from './databases.ts'
import type { TestServer } from './server.ts'
import { type Address, RawStream } from './stream.ts'
import { archivingTarget, target, targetName } from './target.ts'
import type { TransportKind } from './transport.ts'

type Peer = 'prosody' | 'ejabberd'

/** Servers that do otherwise than the story, or do so over one transport only (`ejabberd/ws`), each with the reason. */
export type Marks = Partial<Record<Peer | `${Peer}/${TransportKind}`, string>>

export interface StoryOptions {
  /** Servers on which the story must fail, and why. When it passes there after all, the mark is wrong and that is a failure. */
  readonly differs?: Marks
  /** Servers to which the story cannot be told at all, and why. */
  readonly leavesOut?: Marks
  /** `every` tells the story over each way to connect; a list restricts it. By default the way of the run. */
  readonly over?: 'every' | readonly TransportKind[]
  readonly timeout?: number
  /** Accounts have a message archive. */
  readonly archiving?: boolean
  /** Whom the telling speaks of, where its own text does not say it. */
  readonly users?: readonly Name[]
}

const names = ['alice', 'bob', 'carol'] as const
type Name = (typeof names)[number]

/** A user with an account of his own, made for one story. */
export interface User {
  readonly local: string
  readonly password: string
  readonly domain: string
  /** The bare JID. */
  readonly jid: string
  /** The clients signed in so far. */
  readonly clients: readonly Client[]
  /** Signs in with this resource, or one the server makes, and by default becomes available. */
  client(resource?: string, options?: SignInOptions): Promise<Client>
}

/** What a story is told with. */
export interface Cast {
  readonly alice: User
  readonly bob: User
  readonly carol: User
  readonly server: TestServer
  readonly transport: TransportKind
  /** A bare connection, nothing sent yet. */
  connect(kind?: TransportKind, address?: Address): Promise<RawStream>
  /** A new name that no account has. */
  stranger(): string
  /** Lets everything that clients have sent, and what it caused between accounts, come to its end. */
  settle(): Promise<void>
  /** One step that the marked servers take otherwise: there it must fail. */
  unless(marks: Marks, step: () => Promise<unknown>): Promise<void>
}

type Telling = (cast: Cast) => Promise<void>

interface Told {
  readonly tell: Telling
  readonly way: TransportKind
  readonly database: DatabaseKind
  readonly archiving: boolean
}

const everyWay: readonly TransportKind[] = ['tcp', 'tls', 'ws', 'bosh']
/** BOSH is one more way to us; what other servers make of it is not what the stories are about. */
const ways = everyWay.filter((way) => way !== 'bosh' || targetName() === 'meerkat')

/** A test told with users. Only users the telling names get accounts. */
export function story(title: string, optionsOrTelling: StoryOptions | Telling, telling?: Telling): void {
  const options = typeof optionsOrTelling === 'function' ? {} : optionsOrTelling
  const tell = typeof optionsOrTelling === 'function' ? optionsOrTelling : telling
  if (!tell) throw new Error(`the story "${title}" is not told`)
  const name = targetName()
  const usual = usualWay()
  const chosen = options.over === 'every' ? ways : [usual]
  for (const way of chosen) {
    const label = options.over === 'every' ? `${title} [${way}]` : title
    const left = reasonIn(options.leavesOut, way)
    const isElsewhere = Array.isArray(options.over) && !options.over.includes(way)
    if (left || isElsewhere) it.skip(left ? `${label} (left out on ${name}: ${left})` : label, () => {})
    else tellOver(label, way, options, tell)
  }
}

function tellOver(label: string, way: TransportKind, options: StoryOptions, tell: Telling): void {
  const name = targetName()
  const reason = reasonIn(options.differs, way)
  const toldIn = (task: Parameters<typeof databaseOf>[0]) => ({
    tell,
    way,
    database: databaseOf(task),
    archiving: options.archiving === true,
  })
  if (!reason) {
    it(label, ({ task }) => perform(toldIn(task), options.users), options.timeout)
    return
  }
  it(
    `${label} (${name} differs: ${reason})`,
    async ({ task }) => {
      const failed = await perform(toldIn(task), options.users, true).then(
        () => false,
        () => true,
      )
      if (!failed) throw new Error(`this story is marked to differ on ${name}, but it holds there`)
    },
    options.timeout,
  )
}

function reasonIn(marks: Marks | undefined, way: TransportKind): string | undefined {
  const name = targetName()
  if (name !== 'prosody' && name !== 'ejabberd') return undefined
  return marks?.[`${name}/${way}`] ?? marks?.[name]
}

function usualWay(): TransportKind {
  const way = process.env.TRANSPORT ?? 'tcp'
  const known = everyWay.find((each) => each === way)
  if (known !== undefined) return known
  throw new Error(`TRANSPORT is tcp, tls, ws or bosh, not ${way}`)
}

async function perform(told: Told, users = namesIn(told.tell) as readonly Name[], isDoomed = false): Promise<void> {
  const { tell, way, database, archiving } = told
  const server = await (archiving ? archivingTarget : target)(database)
  const stage = new Stage(server, way, isDoomed)
  try {
    await stage.register(users)
    await tell(stage.cast())
  } catch (error) {
    if (error instanceof Error) error.message += `\n${stage.transcript()}`
    throw error
  } finally {
    await stage.clear()
  }
}

/** The users that a telling speaks of. */
function namesIn(tell: Telling): Name[] {
  const text = tell.toString()
  return names.filter((name) => new RegExp(`\\b${name}\\b`).test(text))
}

/** Everything one story uses, so that it can be reported and cleared away. */
class Stage {
  readonly #server: TestServer
  readonly #way: TransportKind
  readonly #isDoomed: boolean
  readonly #streams: RawStream[] = []
  readonly #users: Player[] = []

  constructor(server: TestServer, way: TransportKind, isDoomed: boolean) {
    this.#server = server
    this.#way = way
    this.#isDoomed = isDoomed
  }

  cast(): Cast {
    const one = (name: Name): User => {
      const user = this.#users.find((user) => user.local.startsWith(`${name}-`))
      if (!user) throw new Error(`${name} is not in the text of this story: name her or him in its users`)
      return user
    }
    return {
      get alice() {
        return one('alice')
      },
      get bob() {
        return one('bob')
      },
      get carol() {
        return one('carol')
      },
      server: this.#server,
      transport: this.#way,
      connect: async (kind = this.#way, address = this.#server) => this.#keep(await RawStream.connect(address, kind)),
      stranger: () => freshName('nobody'),
      settle: () => this.#settle(),
      unless: (marks, step) => this.#unless(marks, step),
    }
  }

  async register(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const user = new Player(freshName(name), this.#server, (resource, options) =>
        this.#signIn(user, resource, options),
      )
      this.#users.push(user)
    }
    await Promise.all(this.#users.map((user) => this.#server.registerUser(user.local, user.password)))
  }

  transcript(): string {
    return this.#streams.map((stream) => stream.transcript()).join('\n')
  }

  async clear(): Promise<void> {
    for (const stream of this.#streams) stream.destroy()
    const { removeUser } = this.#server
    if (removeUser) await Promise.allSettled(this.#users.map((user) => removeUser(user.local, user.password)))
  }

  async #signIn(user: User, resource: string | undefined, options: SignInOptions = {}): Promise<Client> {
    const client = this.#keep(await Client.signIn(this.#server, user, resource, { transport: this.#way, ...options }))
    client.peers = () => this.#users.flatMap((user) => user.clients)
    if (options.roster) await client.roster()
    if (options.presence === false) return client
    await client.isPresent(options.presence)
    await Promise.all(
      user.clients
        .filter((other) => other.isAvailable && !other.isClosed)
        .flatMap((other) => [other.meets(client.jid), client.meets(other.jid)]),
    )
    return client
  }

  async #unless(marks: Marks, step: () => Promise<unknown>): Promise<void> {
    const reason = reasonIn(marks, this.#way)
    if (!reason) {
      await step()
      return
    }
    for (const stream of this.#streams) stream.inbox.hurry(1000)
    const failed = await step().then(
      () => false,
      () => true,
    )
    if (!failed) throw new Error(`a step is marked to differ on ${targetName()} (${reason}), but it holds there`)
  }

  /** What one account causes at another may cause something at the first: every client is heard three times. */
  async #settle(): Promise<void> {
    const clients = this.#users.flatMap((user) => user.clients).filter((client) => !client.isClosed)
    for (let round = 0; round < 3; round++) for (const client of clients) await client.isHeard()
  }

  #keep<S extends RawStream>(stream: S): S {
    if (this.#isDoomed) stream.inbox.hurry(1000)
    this.#streams.push(stream)
    return stream
  }
}

class Player implements User {
  readonly local: string
  readonly password = randomBytes(9).toString('base64url')
  readonly domain: string
  readonly jid: string
  readonly clients: Client[] = []
  readonly #signIn: (resource?: string, options?: SignInOptions) => Promise<Client>

  constructor(
    local: string,
    server: TestServer,
    signIn: (resource?: string, options?: SignInOptions) => Promise<Client>,
  ) {
    this.local = local
    this.domain = server.domain
    this.jid = `${local}@${server.domain}`
    this.#signIn = signIn
  }

  async client(resource?: string, options?: SignInOptions): Promise<Client> {
    const client = await this.#signIn(resource, options)
    this.clients.push(client)
    return client
  }
}

function freshName(name: string): string {
  return `${name}-${randomBytes(5).toString('hex')}`
}
