import { createHash } from 'node:crypto'
import type { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'

/** What somebody was given to pass on. */
export interface Invitation {
  readonly domain: string
  /** Local part of who invites; '' for an invitation of the operator. */
  readonly inviter: string
  /** Whether an account can be registered by it. */
  readonly isForAccount: boolean
  /** The name that the account is to have; '' leaves it open. */
  readonly username: string
  /** Whether the two become contacts of each other. */
  readonly makesContacts: boolean
  /** Milliseconds since the epoch. */
  readonly expires: number
}

/** An invitation, and what it is found by. */
export interface StoredInvitation extends Invitation {
  readonly hash: string
}

export interface InviteTables {
  mod_invites: {
    /** SHA-256 of the token: who can read the database cannot use it. */
    hash: string
    domain: string
    inviter: string
    for_account: number
    username: string
    makes_contacts: number
    expires: number
  }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_invites')
      .addColumn('hash', 'varchar(64)', (column) => column.primaryKey())
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('inviter', 'varchar(255)', (column) => column.notNull())
      .addColumn('for_account', 'integer', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('makes_contacts', 'integer', (column) => column.notNull())
      .addColumn('expires', 'bigint', (column) => column.notNull())
      .execute()
    await schema.createIndex('mod_invites_inviter').on('mod_invites').columns(['domain', 'inviter']).execute()
    await schema.createIndex('mod_invites_username').on('mod_invites').columns(['domain', 'username']).execute()
  },
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Invitations on disk, each until it is used or has expired. */
export class InviteStore {
  readonly #db: Database<InviteTables>

  constructor(db: Database<InviteTables>) {
    this.#db = db
  }

  async add(token: string, invitation: Invitation): Promise<void> {
    mustAccept(this.#db)
    const { isForAccount, makesContacts, ...rest } = invitation
    const row = { ...rest, for_account: isForAccount ? 1 : 0, makes_contacts: makesContacts ? 1 : 0 }
    await this.#db.q
      .insertInto('mod_invites')
      .values({ hash: hashOf(token), ...row })
      .execute()
  }

  /** The invitation of a token that still counts. */
  async find(domain: string, token: string, now: number): Promise<StoredInvitation | undefined> {
    return this.#one(await this.#rows(domain).where('hash', '=', hashOf(token)).where('expires', '>', now).execute())
  }

  /** The invitation of a token that still counts, on whichever domain. */
  async findAnywhere(token: string, now: number): Promise<StoredInvitation | undefined> {
    const rows = this.#db.q.selectFrom('mod_invites').selectAll().where('hash', '=', hashOf(token))
    return this.#one(await rows.where('expires', '>', now).execute())
  }

  /** Whether it has not been used. */
  async isOpen({ domain, hash }: StoredInvitation): Promise<boolean> {
    return (await this.#rows(domain).where('hash', '=', hash).execute()).length > 0
  }

  /** The invitation for which a name is kept. */
  async reserving({ domain, local }: Jid, now: number): Promise<StoredInvitation | undefined> {
    return this.#one(await this.#rows(domain).where('username', '=', local).where('expires', '>', now).execute())
  }

  async countOf({ domain, local }: Jid, now: number): Promise<number> {
    return (await this.list(domain, local)).filter(({ expires }) => expires > now).length
  }

  async list(domain: string, inviter: string): Promise<StoredInvitation[]> {
    const rows = await this.#rows(domain).where('inviter', '=', inviter).orderBy('expires').execute()
    return rows.map(invitationOf)
  }

  /** Uses an invitation; false where somebody else was faster. */
  async use({ hash }: StoredInvitation): Promise<boolean> {
    const query = this.#db.q.deleteFrom('mod_invites').where('hash', '=', hash)
    return (await query.executeTakeFirst()).numDeletedRows !== 0n
  }

  async forget({ domain, local }: Jid): Promise<void> {
    await this.#db.q.deleteFrom('mod_invites').where('domain', '=', domain).where('inviter', '=', local).execute()
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#db.q.deleteFrom('mod_invites').where('domain', '=', domain).execute()
  }

  async purge(domain: string, now: number): Promise<void> {
    await this.#db.q.deleteFrom('mod_invites').where('domain', '=', domain).where('expires', '<=', now).execute()
  }

  #one(rows: readonly InviteTables['mod_invites'][]): StoredInvitation | undefined {
    return rows[0] === undefined ? undefined : invitationOf(rows[0])
  }

  #rows(domain: string) {
    return this.#db.q.selectFrom('mod_invites').selectAll().where('domain', '=', domain)
  }
}

function invitationOf(row: InviteTables['mod_invites']): StoredInvitation {
  return {
    hash: row.hash,
    domain: row.domain,
    inviter: row.inviter,
    isForAccount: Number(row.for_account) === 1,
    username: row.username,
    makesContacts: Number(row.makes_contacts) === 1,
    expires: Number(row.expires),
  }
}
