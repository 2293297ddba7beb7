import type { Jid } from '../../jid/jid.ts'
import type { Stanza } from '../../stanza/stanza.ts'

/** What account commands need of the accounts: `Accounts` of the auth room, or an offline stand-in over the database. */
export interface AccountStore {
  exists(user: Jid): Promise<boolean>
  checkPassword(user: Jid, password: string): Promise<boolean>
  /** `limit`: the domain has as many accounts as it may; `not_allowed`: no method takes registrations. */
  register(user: Jid, password: string): Promise<'created' | 'exists' | 'limit' | 'not_allowed'>
  /** Answers false when there is no such account, or no method can change it. */
  setPassword(user: Jid, password: string): Promise<boolean>
  /** The password where it is kept in plain. */
  plainPassword(user: Jid): Promise<string | undefined>
  /** Ends all sessions of the account. */
  endSessions(user: Jid, reason: string): Promise<void>
  /** Removes the account with all its data; answers false when there is none. */
  remove(user: Jid): Promise<boolean>
  /** Local parts, sorted. */
  list(domain: string, options: { limit?: number; offset?: number }): Promise<readonly string[]>
  count(domain: string): Promise<number>
}

/** What account commands work on. */
export interface AccountServices {
  readonly accounts: AccountStore
  /** Whether this server is responsible for a domain. */
  isHosted(domain: string): boolean
  /** Reads a text file of the machine the server runs on. */
  readTextFile(path: string): Promise<string>
  /** A local part for an account registered without a name. */
  newName(): string
}

/** A session as commands show it. */
export interface SessionSummary {
  /** Full address. */
  readonly user: Jid
  /** `c2s`, `c2s_tls`, `websocket`… */
  readonly connection: string
  readonly ip: string
  readonly port: number
  /** Absent while the session has not sent available presence. */
  readonly priority?: number
  /** What it says of its user's presence (RFC 6121 §4.7.2.1), `available` where it says nothing more. */
  readonly show?: string
  /** What its user has written about it. */
  readonly text?: string
  readonly node: string
  /** Seconds since the session began. */
  readonly uptime: number
}

/** What session commands work on. */
export interface SessionServices {
  isHosted(domain: string): boolean
  sessions: {
    /** Sessions of a domain, or of all domains. */
    list(domain?: string): readonly SessionSummary[]
    /** How many sessions a domain, or the whole server, has. */
    count(domain?: string): number
    /** Sessions of an account. */
    of(user: Jid): readonly SessionSummary[]
    /** Lets the session of a full address send a stanza; answers false when there is none. */
    send(user: Jid, stanza: Stanza): Promise<boolean>
    /** Ends the session of a full address; answers false when there is none. */
    kick(user: Jid, reason: string): Promise<boolean>
  }
}

/** What server commands work on. */
export interface ServerServices {
  readonly version: string
  /** Commit the server was built from, or an empty string. */
  readonly commit: string
  isRunning(): boolean
  getLogLevel(): string
  setLogLevel(level: string): void
  /** Begins an orderly stop without waiting for it. */
  stop(): void
  /** Rejects with CommandError when the server could not be started again with the configuration as it is now. */
  checkRestart(): Promise<unknown>
  /** As {@link stop}, and the server is started again; rejects as {@link checkRestart}. */
  restart(): Promise<void>
}

/** A domain as commands show it. */
export interface DomainRecord {
  readonly domain: string
  readonly hostType: string
  readonly status: 'ENABLED' | 'DISABLED' | 'DELETED' | 'DELETING'
  readonly type: 'STATIC' | 'DYNAMIC'
}

/** What domain commands work on. All that changes something throws CommandError. */
export interface DomainServices {
  add(domain: string, hostType: string): Promise<DomainRecord>
  remove(domain: string, hostType: string): Promise<DomainRecord>
  requestRemoval(domain: string, hostType: string): Promise<DomainRecord>
  setEnabled(domain: string, isEnabled: boolean): Promise<DomainRecord>
  find(domain: string): Promise<DomainRecord | undefined>
  all(): Promise<DomainRecord[]>
  /** The enabled domains of a host type. */
  ofHostType(hostType: string): Promise<string[]>
  /** Sets the password of the administrator of a domain. */
  setPassword(domain: string, password: string): Promise<void>
  /** False when there was none. */
  removePassword(domain: string): Promise<boolean>
}
