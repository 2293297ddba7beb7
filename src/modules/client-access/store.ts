import type { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'

/** By what a client has been let in. */
export type Proof = 'password' | 'granted' | 'certificate'

/** What is remembered of a client. */
export interface ClientRecord extends Readonly<Record<Proof, boolean>> {
  /** What tells it from the others of the account. */
  readonly key: string
  readonly software: string
  readonly device: string
  /** Milliseconds since the epoch. */
  readonly firstSeen: number
  readonly lastSeen: number
}

/** A client that is let in. */
export interface Sighting extends Pick<ClientRecord, 'key' | 'software' | 'device'> {
  readonly at: number
  readonly by: Proof | undefined
}

export interface ClientTables {
  mod_client_access: {
    domain: string
    username: string
    client: string
    software: string
    device: string
    password: number
    granted: number
    certificate: number
    first_seen: number
    last_seen: number
  }
}

const table = 'mod_client_access'
const key = ['domain', 'username', 'client'] as const

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable(table)
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('client', 'varchar(64)', (column) => column.notNull())
      .addColumn('software', 'text', (column) => column.notNull())
      .addColumn('device', 'text', (column) => column.notNull())
      .addColumn('password', 'integer', (column) => column.notNull())
      .addColumn('granted', 'integer', (column) => column.notNull())
      .addColumn('certificate', 'integer', (column) => column.notNull())
      .addColumn('first_seen', 'bigint', (column) => column.notNull())
      .addColumn('last_seen', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_client_access_key', [...key])
      .execute()
  },
}

/** The clients of accounts, on disk. */
export class ClientStore {
  readonly #db: Database<ClientTables>

  constructor(db: Database<ClientTables>) {
    this.#db = db
  }

  /** Throws StorageUnavailable while nothing can be stored. */
  mustAccept(): void {
    mustAccept(this.#db)
  }

  async list(user: Jid): Promise<ClientRecord[]> {
    const rows = await this.#of(user).selectAll().orderBy('last_seen', 'desc').orderBy('client').execute()
    return rows.map(
      ({ client, software, device, password, granted, certificate, first_seen: first, last_seen: last }) => ({
        ...{ key: client, software, device },
        ...{ password: password !== 0, granted: granted !== 0, certificate: certificate !== 0 },
        ...{ firstSeen: Number(first), lastSeen: Number(last) },
      }),
    )
  }

  /** Remembers that a client has been let in; what it has proven before stays. */
  async saw({ domain, local: username }: Jid, { key: client, software, device, at, by }: Sighting): Promise<void> {
    const proofs = { password: 0, granted: 0, certificate: 0, ...(by !== undefined && { [by]: 1 }) }
    const row = { domain, username, client, software, device, ...proofs, first_seen: at, last_seen: at }
    const changed = ['last_seen', 'software', 'device', ...(by === undefined ? [] : [by])] as const
    await this.#db.upsert(table, row, key, changed).execute()
  }

  /** Notes when a client was last there. */
  async touch({ domain, local }: Jid, client: string, at: number): Promise<void> {
    await this.#db.q
      .updateTable(table)
      .set({ last_seen: at })
      .where('domain', '=', domain)
      .where('username', '=', local)
      .where('client', '=', client)
      .execute()
  }

  /** Forgets those that have not been there for the longest time, so that no more than `most` are left, and never these. */
  async trim(user: Jid, most: number, kept: readonly string[]): Promise<void> {
    const beyond = await this.#of(user)
      .select('client')
      .orderBy('last_seen', 'desc')
      .orderBy('client')
      .limit(100)
      .offset(most)
      .execute()
    const gone = beyond.map(({ client }) => client).filter((client) => !kept.includes(client))
    if (gone.length > 0) await this.#deletion(user).where('client', 'in', gone).execute()
  }

  /** The password is another one: it lets in only this client, who has set it. What has nothing else, and is not there, goes. */
  async passwordChanged(user: Jid, by: string | undefined, kept: readonly string[]): Promise<void> {
    const { domain, local } = user
    const voided = this.#db.q
      .updateTable(table)
      .set({ password: 0 })
      .where('domain', '=', domain)
      .where('username', '=', local)
      .where('client', '<>', by ?? '')
    const gone = this.#deletion(user)
      .where('password', '=', 0)
      .where('granted', '=', 0)
      .where('certificate', '=', 0)
      .where('client', 'not in', ['', ...kept])
    await this.#db.atomic([voided, gone])
  }

  async remove(user: Jid, client: string): Promise<void> {
    await this.#deletion(user).where('client', '=', client).execute()
  }

  async forget(user: Jid): Promise<void> {
    await this.#deletion(user).execute()
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#db.q.deleteFrom(table).where('domain', '=', domain).execute()
  }

  /** Forgets who has not been there since. */
  async purge(domain: string, before: number): Promise<void> {
    await this.#db.q.deleteFrom(table).where('domain', '=', domain).where('last_seen', '<', before).execute()
  }

  #of({ domain, local }: Jid) {
    return this.#db.q.selectFrom(table).where('domain', '=', domain).where('username', '=', local)
  }

  #deletion({ domain, local }: Jid) {
    return this.#db.q.deleteFrom(table).where('domain', '=', domain).where('username', '=', local)
  }
}
