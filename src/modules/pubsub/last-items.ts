import type { Jid } from '../../jid/jid.ts'
import { sessionKey } from '../../router/keys.ts'
import type { Session } from '../../router/session.ts'
import { Lru } from '../../util/lru.ts'
import type { CapsRecognised, Features } from '../caps/api.ts'
import type { RosterChanged } from '../roster/api.ts'
import { hears, type Telling } from './core/audience.ts'
import type { PubsubNode } from './core/node.ts'
import { lastItemNotice } from './core/notice.ts'
import { mayRead } from './disco.ts'
import type { Engine } from './engine.ts'

/** What a session was last known to want to hear of. */
const heard = sessionKey<Features>('pubsub.heard')
/** Set once a session has been sent what it is subscribed to. */
const introduced = sessionKey<true>('pubsub.introduced')

/** Clients on other servers of which is remembered what they want to hear of. */
const rememberedClients = 20_000

const suffix = '+notify'

/** Sends last items to who has come later (XEP-0163 §4.3, XEP-0060 §6.1.7). */
export class LastItems {
  readonly #engine: Engine
  readonly #remote = new Lru<string, Features>(rememberedClients)

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** It is known what a client wants to hear of: it gets the last items of its own account and of its contacts. */
  async recognised({ client, features, seenBy }: CapsRecognised): Promise<void> {
    if (seenBy !== undefined) return this.#contactRecognised(client, features, seenBy)
    const session = this.#engine.host.sessions.find(client)
    if (session === undefined || isSame(session.get(heard), features)) return
    session.set(heard, features)
    const wanted = nodesIn(features)
    if (wanted.size === 0) return
    await this.#sendFrom(client.bare, client, wanted)
    const roster = await this.#engine.world.rosterOf(client.bare)
    for (const contact of roster?.watched ?? []) await this.#sendFrom(contact, client, wanted)
  }

  /** The next presence is a first one again. */
  withdrawn(session: Session): undefined {
    session.set(heard, undefined)
    return undefined
  }

  async #contactRecognised(client: Jid, features: Features, account: Jid): Promise<void> {
    const key = `${account.full}\n${client.full}`
    if (isSame(this.#remote.get(key), features)) return
    this.#remote.set(key, features)
    const wanted = nodesIn(features)
    if (wanted.size > 0) await this.#sendFrom(account, client, wanted)
  }

  /** A contact may see an account from now on. */
  async approved({ account, contact, before, after }: RosterChanged): Promise<void> {
    if (!after.from || before.from) return
    for (const session of this.#engine.host.sessions.of(contact)) {
      const features = session.get(heard)
      if (features !== undefined) await this.#sendFrom(account, session.jid, nodesIn(features))
    }
  }

  /** A session has become available: it gets the last items of what it is subscribed to at the services of its domain. */
  async introduced(session: Session, services: readonly Jid[]): Promise<void> {
    if (session.get(introduced)) return
    session.set(introduced, true)
    for (const service of services)
      if (await this.#engine.catalogue.showsLast(service)) await this.#sendSubscribed(service, session.jid)
  }

  async #sendSubscribed(service: Jid, client: Jid): Promise<void> {
    const { catalogue, nodes } = this.#engine
    for (const { name, subscription } of await catalogue.subscriptionsOf(client, service)) {
      const { jid } = subscription
      if (jid.isFull && jid.full !== client.full) continue
      const node = await nodes.get(service, name)
      if (node !== undefined && hears(subscription, 0, this.#tellingOf(node))) this.#send(node, client)
    }
  }

  #tellingOf(node: PubsubNode): Telling {
    const { host, world } = this.#engine
    return { node, ancestors: [], kind: 'items', now: host.clock.now(), presences: world }
  }

  /** Sends the last items of the nodes of an account that a client wants to hear of and may see. */
  async #sendFrom(account: Jid, client: Jid, wanted: ReadonlySet<string>): Promise<void> {
    const { host, nodes, settings } = this.#engine
    if (host.router.hostOf(account.domain) !== host) return
    const isThere = host.sessions.of(account).length > 0
    if (settings.ignoresOffline && !isThere && account.bareString !== client.bareString) return
    for (const name of await nodes.namesOf(account.bare)) {
      if (!wanted.has(name)) continue
      const node = await nodes.get(account.bare, name)
      if (node !== undefined && (await mayRead(this.#engine, node, client))) this.#send(node, client)
    }
  }

  #send(node: PubsubNode, to: Jid): void {
    if (node.last === undefined || node.config.send_last_published_item !== 'on_sub_and_presence') return
    const look = { withPublisher: this.#engine.settings.showsPublisher }
    this.#engine.notifier.post(lastItemNotice(node, node.last, look), to)
  }
}

function isSame(before: Features | undefined, after: Features): boolean {
  if (before === after) return true
  return before?.size === after.size && [...after].every((feature) => before.has(feature))
}

function nodesIn(features: Features): ReadonlySet<string> {
  const names = new Set<string>()
  for (const feature of features) if (feature.endsWith(suffix)) names.add(feature.slice(0, -suffix.length))
  return names
}
