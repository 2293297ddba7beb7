import type { Database } from '../../storage/database.ts'
import { Lru } from '../../util/lru.ts'
import type { MamTables } from './tables.ts'

const remembered = 50_000
/** Addresses that are looked up with one statement. */
const atOnce = 100

/** The numbers that stand for bare addresses. A number never changes and is never taken away. */
export class Addresses {
  readonly #db: Database<MamTables>
  readonly #known = new Lru<string, number>(remembered)

  constructor(db: Database<MamTables>) {
    this.#db = db
  }

  /** The number of an address that was asked for lately. */
  known(address: string): number | undefined {
    return this.#known.get(address)
  }

  /** The number of an address, undefined where it has none. */
  async find(address: string): Promise<number | undefined> {
    return this.#known.get(address) ?? (await this.#read([address])).get(address)
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
      const id = this.#known.get(address)
      if (id === undefined) missing.push(address)
      else found.set(address, id)
    }
    for (let at = 0; at < missing.length; at += atOnce) {
      for (const [address, id] of await this.#make(missing.slice(at, at + atOnce))) found.set(address, id)
    }
    return found
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
    for (const { id, address } of rows) this.#known.set(address, id)
    return new Map(rows.map(({ id, address }) => [address, id]))
  }
}
