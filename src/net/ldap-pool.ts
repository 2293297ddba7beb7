import type { ConnectionOptions } from 'node:tls'
import {
  Client,
  type Entry,
  InappropriateAuthError,
  InsufficientAccessError,
  InvalidCredentialsError,
  InvalidDNSyntaxError,
  NoSuchObjectError,
  ResultCodeError,
} from 'ldapts'
import type { Clock } from '../util/clock.ts'
import { CallFailed, CallSlots } from './call-slots.ts'
import { type ClientTlsTable, clientTls } from './client-tls.ts'

export interface LdapPoolOptions {
  /** Names or addresses, tried in this order. */
  readonly servers: readonly string[]
  readonly port: number
  /** Entry that searches are made as; '' for nobody. */
  readonly rootDn: string
  readonly password: string
  /** Milliseconds between attempts to connect while no server can be reached. */
  readonly connectInterval: number
  readonly tls?: ClientTlsTable | undefined
  /** Most connections. */
  readonly workers: number
  /** Milliseconds for a call, waiting for a connection included. */
  readonly callTimeout: number
  readonly maxWaiting?: number | undefined
  readonly clock: Clock
}

export interface LdapSearch {
  readonly base: string
  /** RFC 4515. */
  readonly filter: string
  readonly attributes: readonly string[]
  /** Those of the attributes whose values are no text: they are given in base64. */
  readonly binaryAttributes?: readonly string[]
  readonly deref: 'never' | 'always' | 'finding' | 'searching'
  /** Fetch page by page: there may be more than the directory gives at once. */
  readonly isLong?: boolean
}

/** An entry that was found; attributes by their names in lower case. */
export interface LdapEntry {
  readonly dn: string
  readonly attributes: ReadonlyMap<string, readonly string[]>
}

/** A connection and whom it stands for. */
interface Link {
  readonly client: Client
  /** False after somebody’s password was checked on it. */
  isRoot: boolean
}

const derefs = { never: 'never', always: 'always', finding: 'find', searching: 'search' } as const

/** A few connections to an LDAP directory, made when they are needed and kept. */
export class LdapPool {
  readonly #options: LdapPoolOptions
  readonly #tls: ConnectionOptions | undefined
  readonly #slots: CallSlots
  readonly #idle: Link[] = []
  /** Until then nobody is connected to: nobody could be reached before. */
  #restsUntil = 0
  #isClosed = false

  private constructor(options: LdapPoolOptions, tls: ConnectionOptions | undefined) {
    this.#options = options
    this.#tls = tls
    this.#slots = new CallSlots(options)
  }

  /** Reads the files that TLS needs; connects to nobody yet. */
  static async open(options: LdapPoolOptions): Promise<LdapPool> {
    return new LdapPool(options, options.tls === undefined ? undefined : await clientTls(options.tls))
  }

  /** The entries that fit; none where the base does not exist. Rejects when the directory cannot tell. */
  search({ base, filter, attributes, binaryAttributes = [], deref, isLong = false }: LdapSearch): Promise<LdapEntry[]> {
    return this.#use(async (link) => {
      if (!link.isRoot) await this.#becomeRoot(link)
      try {
        const { searchEntries } = await link.client.search(base, {
          scope: 'sub',
          filter,
          attributes: [...attributes],
          explicitBufferAttributes: [...binaryAttributes],
          derefAliases: derefs[deref],
          paged: isLong && { pageSize: 500 },
        })
        return searchEntries.map(readEntry)
      } catch (error) {
        if (error instanceof NoSuchObjectError) return []
        throw error
      }
    })
  }

  /** Whether this is the password of an entry. Rejects when the directory cannot tell. */
  checkPassword(dn: string, password: string): Promise<boolean> {
    // Without a password a bind succeeds and says nothing (RFC 4513 §5.1.2).
    if (password === '') return Promise.resolve(false)
    return this.#use(async (link) => {
      link.isRoot = false
      try {
        await link.client.bind(dn, password)
        return true
      } catch (error) {
        if (refusals.some((refusal) => error instanceof refusal)) return false
        throw error
      }
    })
  }

  #use<T>(call: (link: Link) => Promise<T>): Promise<T> {
    return this.#slots.run(async (signal) => {
      for (let kept = this.#takeIdle(); kept !== undefined; kept = this.#takeIdle()) {
        try {
          return await this.#on(kept, call, signal)
        } catch (error) {
          // A kept connection may have been ended by the other side long ago: that says nothing about the directory.
          if (error instanceof ResultCodeError || signal.aborted) throw error
        }
      }
      return this.#on(await this.#connect(), call, signal)
    })
  }

  /** Makes a call on a connection, which is kept if it still is one afterwards. */
  async #on<T>(link: Link, call: (link: Link) => Promise<T>, signal: AbortSignal): Promise<T> {
    const drop = () => void end(link)
    signal.addEventListener('abort', drop)
    try {
      const answer = await call(link)
      this.#giveBack(link)
      return answer
    } catch (error) {
      // What the directory answers is an answer; a connection that broke is gone.
      if (error instanceof ResultCodeError && link.client.isConnected) this.#giveBack(link)
      else await end(link)
      throw error
    } finally {
      signal.removeEventListener('abort', drop)
    }
  }

  #takeIdle(): Link | undefined {
    for (let link = this.#idle.pop(); link !== undefined; link = this.#idle.pop()) {
      if (link.client.isConnected) return link
    }
    return undefined
  }

  #giveBack(link: Link): void {
    if (this.#isClosed) void end(link)
    else this.#idle.push(link)
  }

  /** Connects to the first server that can be reached. */
  async #connect(): Promise<Link> {
    const { servers, connectInterval, clock } = this.#options
    if (clock.now() < this.#restsUntil) throw new CallFailed('no LDAP server could be reached lately')
    let failure: unknown
    for (const server of servers) {
      const link = { client: this.#client(server), isRoot: false }
      try {
        await this.#becomeRoot(link)
        this.#restsUntil = 0
        return link
      } catch (error) {
        failure = error
        await end(link)
      }
    }
    this.#restsUntil = clock.now() + connectInterval
    throw new CallFailed(`no LDAP server can be used: ${String(failure)}`, { cause: failure })
  }

  #client(server: string): Client {
    const { port, callTimeout } = this.#options
    const host = server.includes(':') ? `[${server}]` : server
    return new Client({
      url: `${this.#tls === undefined ? 'ldap' : 'ldaps'}://${host}:${port}`,
      timeout: callTimeout,
      connectTimeout: callTimeout,
      strictDN: false,
      ...(this.#tls !== undefined && { tlsOptions: this.#tls }),
    })
  }

  async #becomeRoot(link: Link): Promise<void> {
    const { rootDn, password } = this.#options
    try {
      await link.client.bind(rootDn, password)
    } catch (error) {
      // A directory that wants nobody in particular to bind may be searched all the same.
      if (rootDn !== '' || !(error instanceof ResultCodeError)) throw error
    }
    link.isRoot = true
  }

  /** Ends the connections. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#idle.splice(0).map(end))
  }
}

const refusals = [
  InvalidCredentialsError,
  InvalidDNSyntaxError,
  NoSuchObjectError,
  InappropriateAuthError,
  InsufficientAccessError,
]

async function end({ client }: Link): Promise<void> {
  if (!client.isConnected) return
  try {
    await client.unbind()
  } catch {
    // It is gone already.
  }
}

function readEntry({ dn, ...attributes }: Entry): LdapEntry {
  const read = Object.entries(attributes).map(([name, value]): [string, string[]] => {
    const values = Array.isArray(value) ? value : [value]
    return [name.toLowerCase(), values.map((each) => (typeof each === 'string' ? each : each.toString('base64')))]
  })
  return { dn, attributes: new Map(read) }
}
