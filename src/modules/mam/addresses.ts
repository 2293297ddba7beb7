import type { Database } from '../../storage/database.ts'
import type { MamTables } from './tables.ts'

/** Twice as many are remembered at most. */
const remembered = 25_000
/** Addresses that are looked up with one statement. */
const atOnce = 100

/** The numbers that stand for bare addresses. A number never changes and is never taken away. */
export class Addresses {
  readonly #db: Database<MamTables>
  /** Those asked for lately, and those that were before that. */
  #known = new Map<string, number>()
  #older: ReadonlyMap<string, number> = new Map()

  constructor(db: Database<MamTables>) {
    this.#db = db
  }

  /** The number of an address that was asked for lately. */
  known(address: string): number | undefined {
    const id = this.#known.get(address)
    if (id !== undefined) return id
    const old = this.#older.get(address)
    if (old !== undefined) this.#remember(address, old)
    return old
  }

  /** The number of an address, undefined where it has none. */
  async find(address: string): Promise<number | undefined> {
    return this.known(address) ?? (await this.#read([address])).get(address)
  }

  /** All addresses of a domain that have a number. */
  async ofDomain(domain: string): Promise<string[]> {
    const rows = await this.#db.stale.q
      .selectFrom('mod_mam_address')
      .select('address')
      .where('address', 'like', `%@${domain}`)
      .execute()
    return rows.map(({ address }) => address)
  }

  /** The numbers of all these addresses, given to those that have none. */
  async ensure(addresses: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>()
    const missing: string[] = []
    for (const address of new Set(addresses)) {
      const id = this.known(address)
      if (id === undefined) missing.push(address)
      else found.set(address, id)
    }
    for (let at = 0; at < missing.length; at += atOnce) {
      for (const [address, id] of await this.#make(missing.slice(at, at + atOnce))) found.set(address, id)
    }
    return found
  }

  #remember(address: string, id: number): void {
    if (this.#known.size === remembered) {
      this.#older = this.#known
      this.#known = new Map()
    }
    this.#known.set(address, id)
  }

  async #make(addresses: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = await this.#read(addresses)
    const rows = addresses.filter((address) => !found.has(address)).map((address) => ({ address }))
    if (rows.length === 0) return found
    await this.#db.insertIgnore('mod_mam_address', rows as never).execute()
    return this.#read(addresses)
  }

  async #read(addresses: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#db.q
      .selectFrom('mod_mam_address')
      .select(['id', 'address'])
      .where('address', 'in', addresses)
      .execute()
    for (const { id, address } of rows) this.#remember(address, id)
    return new Map(rows.map(({ id, address }) => [address, id]))
  }
}
