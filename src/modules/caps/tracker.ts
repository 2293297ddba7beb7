import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import { sessionKey } from '../../router/keys.ts'
import type { Session } from '../../router/session.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { afterwards, letRun } from '../../util/settled.ts'
import { type Announcement, announcementIn, type CapsVersion } from './announcement.ts'
import { type CapsApi, capsRecognised, type Features } from './api.ts'
import type { Inquirer } from './inquirer.ts'

/** What a client has announced, and what that stands for once it is known. */
interface Shown {
  readonly client: Jid
  readonly announcement: Announcement
  features: Features | undefined
}

const own = sessionKey<Shown>('caps.own')
/** By full address: clients on other servers that show themselves to this session. */
const contacts = sessionKey<Map<string, Shown>>('caps.contacts')

const nobody: readonly Jid[] = []
const roomNs = 'http://jabber.org/protocol/muc#user'

export interface CapsTrackerParts {
  readonly host: Host
  readonly inquirer: Inquirer
  readonly versions: readonly CapsVersion[]
  /** Told when what is known cannot be read. */
  readonly onFailure: (error: unknown) => void
}

/** Keeps track of what the clients that are available can do. */
export class CapsTracker implements CapsApi {
  readonly #host: Host
  readonly #inquirer: Inquirer
  readonly #versions: readonly CapsVersion[]
  readonly #onFailure: (error: unknown) => void

  constructor({ host, inquirer, versions, onFailure }: CapsTrackerParts) {
    this.#host = host
    this.#inquirer = inquirer
    this.#versions = versions
    this.#onFailure = onFailure
  }

  featuresOf(client: Jid): Features | undefined {
    return this.#host.sessions.find(client)?.get(own)?.features
  }

  // Asked of each contact of whoever publishes: nothing is made where there is nobody.
  clientsWith(account: Jid, feature: string): readonly Jid[] {
    let found: Jid[] | undefined
    for (const session of this.#host.sessions.of(account)) {
      if (session.get(own)?.features?.has(feature) !== true) continue
      if (found === undefined) found = [session.jid]
      else found.push(session.jid)
    }
    return found ?? nobody
  }

  contactsWith(account: Jid, feature: string): Jid[] {
    const found = new Map<string, Jid>()
    for (const session of this.#host.sessions.of(account)) {
      for (const { client, features } of session.get(contacts)?.values() ?? []) {
        if (features?.has(feature)) found.set(client.full, client)
      }
    }
    return [...found.values()]
  }

  /** A client of this host has broadcast that it is available. */
  shown(session: Session, presence: Stanza): undefined {
    const announcement = announcementIn(presence, this.#versions)
    const shown: Shown | undefined = announcement && { client: session.jid, announcement, features: undefined }
    session.set(own, shown)
    if (shown === undefined) return undefined
    const isCurrent = () => !session.isEnded && session.get(own) === shown
    this.#learn(shown, { isCurrent, domain: session.jid.domain, seenBy: undefined })
    return undefined
  }

  withdrawn(session: Session): undefined {
    session.set(own, undefined)
    return undefined
  }

  /** Presence for an account from a client on another server. */
  received(account: Jid, presence: Stanza, sessions: readonly Session[]): undefined {
    const client = presence.from
    if (client === undefined || client.isBare || this.#host.router.hostOf(client.domain) !== undefined) return undefined
    if (presence.type === 'unavailable' || presence.type === 'error') {
      for (const session of sessions) session.get(contacts)?.delete(client.full)
    } else if (presence.type === '' && !presence.has('x', roomNs))
      this.#contactShown(account, client, presence, sessions)
    return undefined
  }

  #contactShown(account: Jid, client: Jid, presence: Stanza, sessions: readonly Session[]): void {
    const announcement = announcementIn(presence, this.#versions)
    const shown: Shown | undefined = announcement && { client, announcement, features: undefined }
    for (const session of sessions) {
      const known = session.get(contacts)
      if (shown === undefined) known?.delete(client.full)
      else session.set(contacts, (known ?? new Map<string, Shown>()).set(client.full, shown))
    }
    if (shown === undefined) return
    const isCurrent = () =>
      sessions.some((session) => !session.isEnded && session.get(contacts)?.get(client.full) === shown)
    this.#learn(shown, { isCurrent, domain: account.domain, seenBy: account })
  }

  #learn(
    shown: Shown,
    { isCurrent, domain, seenBy }: { isCurrent: () => boolean; domain: string; seenBy: Jid | undefined },
  ): void {
    const { client, announcement } = shown
    const inquiry = { client, domain, announcement, isRemote: seenBy !== undefined }
    const learn = () =>
      afterwards(this.#inquirer.featuresOf(inquiry), (features) => {
        // Meanwhile the client may have left, or have announced something else.
        if (features === undefined || !isCurrent()) return undefined
        shown.features = features
        return this.#host.hooks.run(capsRecognised, { host: this.#host, client, features, seenBy })
      })
    letRun(learn, this.#onFailure)
  }
}
