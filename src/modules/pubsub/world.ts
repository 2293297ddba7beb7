import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import { NS } from '../../stanza/namespaces.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import type { CapsApi } from '../caps/api.ts'
import type { Roster, RosterApi } from '../roster/api.ts'
import type { Presences } from './core/audience.ts'
import type { PubsubNode } from './core/node.ts'
import { readingFault, type Standing } from './core/rights.ts'

/** How somebody stands to the owner of a node. */
export interface Relation {
  readonly hasPresence: boolean
  readonly groups: readonly string[]
}

const stranger: Relation = { hasPresence: false, groups: [] }

/** Modules that may or may not be there. */
export interface Neighbours {
  rosters(): RosterApi | undefined
  caps(): CapsApi | undefined
}

/** What nodes have to know of the world around them: rosters, presence, what clients want to hear of. */
export class World implements Presences {
  readonly #host: Host
  readonly #neighbours: Neighbours

  constructor(host: Host, neighbours: Neighbours) {
    this.#host = host
    this.#neighbours = neighbours
  }

  /** The roster of a local account. */
  rosterOf(account: Jid): Eventually<Roster | undefined> {
    return this.#host.router.hostOf(account.domain) === this.#host
      ? this.#neighbours.rosters()?.load(account)
      : undefined
  }

  /** How somebody stands to the owner, where the access model asks for that. `owner`: of a node that belongs to no account. */
  relationTo(node: PubsubNode, owner: Jid | undefined, who: Jid): Eventually<Relation> {
    const model = node.config.access_model
    if (owner === undefined || (model !== 'presence' && model !== 'roster')) return stranger
    return this.relation(owner, who)
  }

  /** How somebody stands to an account. */
  relation(account: Jid, who: Jid): Eventually<Relation> {
    if (account.bareString === who.bareString) return { hasPresence: true, groups: [] }
    return afterwards(this.rosterOf(account), (roster) => relationIn(roster, who))
  }

  isAvailable(jid: Jid): boolean {
    if (this.#host.router.hostOf(jid.domain) !== this.#host) return true
    if (jid.isFull) return this.#host.sessions.find(jid)?.presence !== undefined
    return this.#host.sessions.of(jid).some(({ presence }) => presence !== undefined)
  }

  showsOf(jid: Jid): readonly string[] {
    const sessions = this.#host.sessions.of(jid).filter(({ jid: own }) => jid.isBare || own.full === jid.full)
    return sessions.flatMap(({ presence }) =>
      presence === undefined ? [] : [presence.child('show', NS.client)?.text() ?? 'online'],
    )
  }

  /**
   * The clients that want to hear of a node of an account without having subscribed (XEP-0163 §4.3.1): its own, and those of
   * contacts who see its presence, as far as the access model lets them.
   */
  interestedIn(node: PubsubNode): Eventually<readonly Jid[]> {
    const caps = this.#neighbours.caps()
    if (caps === undefined || !node.isPersonal) return []
    return afterwards(this.rosterOf(node.service), (roster) => {
      const own = caps.clientsWith(node.service, node.interest)
      return roster === undefined ? own : [...own, ...contactsOf(caps, node, roster)]
    })
  }
}

/** The clients of contacts that want to hear of a node, and may. */
function contactsOf(caps: CapsApi, node: PubsubNode, roster: Roster): Jid[] {
  const { interest } = node
  const isForAll = isForAllContacts(node)
  const clients: Jid[] = []
  for (const contact of roster.watchers) {
    const interested = caps.clientsWith(contact, interest)
    if (interested.length > 0 && (isForAll || mayHear(node, roster, contact))) clients.push(...interested)
  }
  for (const client of caps.contactsWith(node.service, interest))
    if (roster.stateOf(client).from && (isForAll || mayHear(node, roster, client))) clients.push(client)
  return clients
}

/** Most nodes are open to whoever sees the presence, and nobody has been set apart. */
function isForAllContacts({ config, affiliations }: PubsubNode): boolean {
  return (config.access_model === 'presence' || config.access_model === 'open') && affiliations.size <= 1
}

/** How somebody stands to the owner of a roster. */
export function relationIn(roster: Roster | undefined, who: Jid): Relation {
  if (roster === undefined) return stranger
  return { hasPresence: roster.stateOf(who).from, groups: roster.contactOf(who).groups }
}

/** How somebody stands to a node. */
export function standingOf(node: PubsubNode, who: Jid, relation: Relation): Standing {
  return {
    affiliation: node.affiliationOf(who),
    isSubscribed: node.hasSubscriber(who),
    isPending: node.subscriptionOf(who)?.state === 'pending',
    hasPresence: relation.hasPresence,
    groups: relation.groups,
  }
}

function mayHear(node: PubsubNode, roster: Roster, contact: Jid): boolean {
  return readingFault(node.config, standingOf(node, contact, relationIn(roster, contact))) === undefined
}
