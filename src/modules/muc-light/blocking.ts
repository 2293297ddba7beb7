import { Jid } from '../../jid/jid.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Database } from '../../storage/database.ts'
import { hashOf } from '../../util/hash-of.ts'
import { type LightTables, longestAddress } from './store.ts'

/** What one user wants nothing of: to be added to this room, or by this user to any. */
export interface Blocked {
  readonly kind: 'user' | 'room'
  /** A bare address. */
  readonly jid: Jid
}
export interface BlockChange extends Blocked {
  readonly action: 'allow' | 'deny'
}

/** Things that one user may block. */
const most = 1000

/** Checks what is to be blocked. Throws `bad-request` for addresses that no room and no user can have. */
export function blockChange(kind: 'user' | 'room', address: string, action: string | undefined): BlockChange {
  const jid = Jid.tryParse(address)
  if (jid === undefined || jid.local === '' || jid.bareString.length > longestAddress) {
    throw new StanzaError('bad-request', { text: `${address} is no address of a ${kind}` })
  }
  if (action !== 'allow' && action !== 'deny') throw new StanzaError('bad-request', { text: 'No such action' })
  return { kind, jid: jid.bare, action }
}

/** Who wants to be added by whom, and where, at one service. */
export class BlockingLists {
  readonly #db: Database<LightTables>
  readonly #service: string

  constructor(db: Database<LightTables>, service: string) {
    this.#db = db
    this.#service = service
  }

  async list(user: Jid): Promise<Blocked[]> {
    const rows = await this.#of(user).select(['kind', 'blocked']).orderBy('kind').orderBy('blocked').execute()
    return rows.map(({ kind, blocked }) => ({ kind: kind as Blocked['kind'], jid: Jid.parse(blocked) }))
  }

  /** Takes over changes, all or none. Throws `resource-constraint` where there would be too many. */
  async change(user: Jid, changes: readonly BlockChange[]): Promise<void> {
    const places = (action: string) =>
      changes.filter((change) => change.action === action).map((change) => this.#placeOf(user, change))
    const denied = changes.filter(({ action }) => action === 'deny')
    const allowed = places('allow')
    if (denied.length > 0 && (await this.list(user)).length + denied.length > most) {
      throw new StanzaError('resource-constraint', { text: 'No more can be blocked' })
    }
    const rows = denied.map((change) => ({
      place: this.#placeOf(user, change),
      ...{ service: this.#service, domain: user.domain, username: user.local },
      ...{ kind: change.kind, blocked: change.jid.bareString },
    }))
    await this.#db.atomic([
      ...(allowed.length === 0 ? [] : [this.#db.q.deleteFrom('mod_muc_light_blocked').where('place', 'in', allowed)]),
      ...(rows.length === 0 ? [] : [this.#db.insertIgnore('mod_muc_light_blocked', rows)]),
    ])
  }

  /** Those of the users who have blocked this room, or who adds them. */
  async blocking(users: readonly Jid[], room: Jid, adder: Jid): Promise<ReadonlySet<string>> {
    if (users.length === 0) return new Set()
    const places = users.flatMap((user) => [
      this.#placeOf(user, { kind: 'room', jid: room }),
      this.#placeOf(user, { kind: 'user', jid: adder }),
    ])
    const rows = await this.#db.q
      .selectFrom('mod_muc_light_blocked')
      .select(['domain', 'username'])
      .where('place', 'in', places)
      .execute()
    return new Set(rows.map(({ domain, username }) => `${username}@${domain}`))
  }

  /** An account is gone, with its lists at every service. */
  async forget(user: Jid): Promise<void> {
    await this.#db.q
      .deleteFrom('mod_muc_light_blocked')
      .where('domain', '=', user.domain)
      .where('username', '=', user.local)
      .execute()
  }

  /** A domain is gone with its users; the service may serve others. */
  async forgetDomain(domain: string): Promise<void> {
    const rows = this.#db.q.deleteFrom('mod_muc_light_blocked').where('service', '=', this.#service)
    await rows.where('domain', '=', domain).execute()
  }

  #of({ domain, local }: Jid) {
    return this.#db.q
      .selectFrom('mod_muc_light_blocked')
      .where('service', '=', this.#service)
      .where('domain', '=', domain)
      .where('username', '=', local)
  }

  #placeOf({ domain, local }: Jid, { kind, jid }: Blocked): string {
    return hashOf([this.#service, domain, local, kind, jid.bareString])
  }
}
