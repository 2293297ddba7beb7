import { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { randomId } from '../../util/random-id.ts'
import { el } from '../../xml/element.ts'
import type { AnnounceApi, KeptKind, KeptText } from './api.ts'
import type { AnnounceStore, StoredText } from './store.ts'

/** Accounts written to in one turn, so that a long list does not hold up everybody else. */
const batch = 200

/** Sends texts of the administrators to people, and keeps those that are for later. */
export class Announcer implements AnnounceApi {
  readonly #host: Host
  readonly #store: AnnounceStore
  /** The message of the day of each domain; null where there is none, absent where nobody has looked yet. */
  readonly #motds = new Map<string, StoredText | null>()

  constructor(host: Host, store: AnnounceStore) {
    this.#host = host
    this.#store = store
  }

  announce(domain: string, text: KeptText): number {
    const users = this.#online(domain)
    this.#sendTo(users, text)
    return users.length
  }

  get(domain: string, kind: KeptKind): Promise<KeptText | undefined> {
    return this.#store.get(domain, kind)
  }

  async setMotd(domain: string, text: KeptText, isEdit: boolean): Promise<void> {
    const before = isEdit ? await this.#motd(domain) : undefined
    const motd = { ...text, version: before?.version ?? randomId(12) }
    await this.#store.put(domain, 'motd', motd)
    this.#motds.set(domain, motd)
    if (isEdit) return
    const users = this.#online(domain)
    this.#sendTo(users, text)
    for (let at = 0; at < users.length; at += batch) {
      await this.#store.noteSeen(users.slice(at, at + batch), motd.version)
    }
  }

  setWelcome(domain: string, text: KeptText): Promise<void> {
    return this.#store.put(domain, 'welcome', { ...text, version: '' })
  }

  async remove(domain: string, kind: KeptKind): Promise<boolean> {
    const wasThere = await this.#store.remove(domain, kind)
    if (kind === 'motd') this.#motds.set(domain, null)
    return wasThere
  }

  /** Shows the message of the day to a client whose user has not seen it. */
  async greet(client: Jid): Promise<void> {
    const motd = await this.#motd(client.domain)
    if (motd === undefined || (await this.#store.seenBy(client)) === motd.version) return
    this.#send(client, motd)
    await this.#store.noteSeen([client], motd.version)
  }

  /** Greets a new account. */
  async welcome(user: Jid): Promise<void> {
    const text = await this.#store.get(user.domain, 'welcome')
    if (text !== undefined) this.#send(user, text, 'normal')
  }

  async #motd(domain: string): Promise<StoredText | undefined> {
    const known = this.#motds.get(domain)
    if (known !== undefined) return known ?? undefined
    const stored = await this.#store.get(domain, 'motd')
    this.#motds.set(domain, stored ?? null)
    return stored
  }

  #online(domain: string): Jid[] {
    const users = new Map<string, Jid>()
    for (const { jid, takesMessages } of this.#host.sessions.all()) {
      if (takesMessages && jid.domain === domain) users.set(jid.bareString, jid.bare)
    }
    return [...users.values()]
  }

  #sendTo(users: readonly Jid[], text: KeptText): void {
    for (const user of users.slice(0, batch)) this.#send(user, text)
    if (users.length > batch) this.#host.clock.after(0, () => this.#sendTo(users.slice(batch), text))
  }

  #send(to: Jid, { subject, body }: KeptText, type = 'headline'): void {
    const head = { type, id: randomId(9), from: Jid.of('', to.domain), to }
    const children = [el('body', NS.client, body)]
    if (subject !== '') children.unshift(el('subject', NS.client, subject))
    this.#host.router.post(Stanza.make('message', head, ...children))
  }
}
