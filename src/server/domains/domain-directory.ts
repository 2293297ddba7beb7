import { CommandError } from '../../module/command-error.ts'
import type { Logger } from '../../observe/logger.ts'
import { domainAdded, domainRemoved, domainWithdrawn } from '../../router/events.ts'
import type { Router } from '../../router/router.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { Clock } from '../../util/clock.ts'
import { KeyedMailbox } from '../../util/mailbox.ts'
import { repeat } from '../../util/repeat.ts'
import { sideBySide } from '../../util/side-by-side.ts'
import type { RunningHost } from '../start-host.ts'
import type { DomainStore, StoredDomain } from './domain-store.ts'

/** What the dynamic domains of a server need. */
export interface DomainDirectoryParts {
  readonly store: DomainStore
  readonly router: Router
  readonly clock: Clock
  readonly log: Logger
  /** The hosts by host type. */
  readonly hosts: ReadonlyMap<string, RunningHost>
  /** The kinds of dynamic domains. */
  readonly hostTypes: readonly string[]
  /** Whether other servers may change domains in the same database. */
  readonly isShared: boolean
  /** Milliseconds between two deletions of old notes, and how old they get. */
  readonly cleaningInterval: number
  readonly maxAge: number
}

/** How often it is looked for what other servers have changed, in milliseconds. */
const pollInterval = 3000

/**
 * Numbers of notes are given before they are committed, so one may show after a later one: so many before the latest are
 * looked at again.
 */
const overlap = 100

/** Domains that are served side by side at the start: what modules ask the database for one waits for no other. */
const together = 100

/** The domains that are added at run time: brings what is served here in line with what is on disk. */
export class DomainDirectory {
  readonly #parts: DomainDirectoryParts
  readonly #lane = new KeyedMailbox('lane')
  readonly #undo: (() => void)[] = []
  /** Numbers of the latest notes that have been followed. */
  #followed = new Set<number>()
  #last = 0
  #polling: Promise<void> | undefined
  /** Removals that nobody waits for. */
  readonly #removals = new Set<Promise<void>>()

  private constructor(parts: DomainDirectoryParts) {
    this.#parts = parts
  }

  /** Serves the enabled domains, and goes on with removals that were interrupted. */
  static async open(parts: DomainDirectoryParts): Promise<DomainDirectory> {
    const directory = new DomainDirectory(parts)
    await directory.#loadAll()
    const { clock, cleaningInterval } = parts
    directory.#undo.push(repeat(clock, cleaningInterval, () => directory.#forgetChanges()))
    if (parts.isShared) directory.#undo.push(repeat(clock, pollInterval, () => void directory.poll()))
    return directory
  }

  find(domain: string): Promise<StoredDomain | undefined> {
    return this.#parts.store.find(domain)
  }

  all(): Promise<StoredDomain[]> {
    return this.#parts.store.all()
  }

  /** Adds a domain and serves it. Throws CommandError. */
  async add(domain: string, hostType: string): Promise<StoredDomain> {
    return this.#lane.run(domain, async () => {
      this.#mustKnow(hostType)
      const before = await this.find(domain)
      if (before === undefined) {
        if (this.#parts.router.isOwn(domain)) throw duplicate(domain)
        await this.#parts.store.add(domain, hostType)
      }
      const added = (await this.find(domain)) ?? { domain, hostType, status: 'enabled' }
      if (added.hostType !== hostType) throw duplicate(domain)
      mustStay(added)
      await this.#follow(domain, added)
      return added
    })
  }

  /** Serves a domain or ceases to. Throws CommandError. */
  async setEnabled(domain: string, isEnabled: boolean): Promise<StoredDomain> {
    return this.#lane.run(domain, async () => {
      const found = await this.#mustFind(domain)
      mustStay(found)
      this.#mustKnow(found.hostType)
      const status = isEnabled ? 'enabled' : 'disabled'
      await this.#parts.store.setStatus(domain, status)
      await this.#follow(domain, { ...found, status })
      return { ...found, status }
    })
  }

  /** Removes a domain with all that is kept of it; resolves when nothing is left. Throws CommandError. */
  async remove(domain: string, hostType: string): Promise<void> {
    await this.#lane.run(domain, async () => {
      await this.#beginRemoval(domain, hostType)
      await this.#finishRemoval(domain, hostType)
    })
  }

  /** As {@link remove}, but resolves as soon as the domain is served no longer. */
  async requestRemoval(domain: string, hostType: string): Promise<void> {
    await this.#lane.run(domain, () => this.#beginRemoval(domain, hostType))
    this.#removeLater({ domain, hostType })
  }

  /** Follows what other servers have changed. Never rejects. */
  poll(): Promise<void> {
    this.#polling ??= this.#poll()
      .catch((reason) => this.#parts.log.error({ what: 'domain_poll_failed', reason }))
      .finally(() => {
        this.#polling = undefined
      })
    return this.#polling
  }

  /** Ends what goes on by itself; who is served stays so. */
  async close(): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo()
    await this.#polling
    await Promise.allSettled(this.#removals)
  }

  async #loadAll(): Promise<void> {
    const { store } = this.#parts
    const last = await store.lastChange()
    const domains = await store.all()
    const known = new Set(domains.map(({ domain }) => domain))
    await sideBySide(domains, together, (stored) => this.#follow(stored.domain, stored))
    for (const domain of this.#served()) if (!known.has(domain)) await this.#follow(domain, undefined)
    for (const stored of domains) if (stored.status === 'deleting') this.#removeLater(stored)
    this.#last = last
    this.#followed = new Set(last === 0 ? [] : [last])
  }

  async #poll(): Promise<void> {
    const from = Math.max(1, this.#last - overlap)
    const changes = await this.#parts.store.changesFrom(from)
    const isCut = this.#last > 0 && changes.length > 0 && !changes.some(({ id }) => id <= this.#last)
    // What was noted while this server could not look has been deleted since.
    if (isCut) return this.#loadAll()
    const fresh = changes.filter(({ id }) => !this.#followed.has(id))
    for (const domain of new Set(fresh.map((change) => change.domain))) {
      await this.#lane.run(domain, async () => this.#follow(domain, await this.find(domain)))
    }
    this.#last = Math.max(this.#last, changes.at(-1)?.id ?? 0)
    this.#followed = new Set(changes.map(({ id }) => id).filter((id) => id >= this.#last - overlap))
  }

  /** Every dynamic domain that is served at the moment. */
  #served(): string[] {
    const { hosts, hostTypes } = this.#parts
    return hostTypes.flatMap((type) => [...(hosts.get(type)?.host.domains ?? [])])
  }

  /** Brings what is served in line with what is stored of a domain. */
  async #follow(domain: string, stored: StoredDomain | undefined): Promise<void> {
    const { hosts, hostTypes } = this.#parts
    const wanted = stored?.status === 'enabled' ? this.#hostOf(stored.hostType) : undefined
    for (const type of hostTypes) {
      const running = hosts.get(type)
      if (running !== undefined && running !== wanted && running.host.domains.has(domain)) {
        await this.#withdraw(domain, running)
      }
    }
    if (wanted !== undefined && !wanted.host.domains.has(domain)) await this.#serve(domain, wanted)
    if (stored?.status === 'enabled' && wanted === undefined) {
      this.#parts.log.warn({ what: 'domain_of_unknown_host_type', domain, host_type: stored.hostType })
    }
  }

  async #serve(domain: string, { host, domains }: RunningHost): Promise<void> {
    const { router, log } = this.#parts
    try {
      router.addDomain(domain, host)
    } catch (reason) {
      log.error({ what: 'domain_not_served', domain, reason })
      return
    }
    domains.add(domain)
    await host.hooks.run(domainAdded, { host, domain })
  }

  async #withdraw(domain: string, { host, domains }: RunningHost): Promise<void> {
    this.#parts.router.removeDomain(domain)
    domains.delete(domain)
    const sessions = [...host.sessions.all()].filter(({ jid }) => jid.domain === domain)
    const ends = sessions.map((session) => {
      const ended = session.end({ kind: 'domain_gone', status: 'Domain is not served any more' })
      session.link.close(new StreamError('host-gone'))
      return ended
    })
    await Promise.allSettled(ends)
    await host.hooks.run(domainWithdrawn, { host, domain })
  }

  async #beginRemoval(domain: string, hostType: string): Promise<void> {
    const found = await this.#mustFind(domain)
    if (found.hostType !== hostType) {
      throw new CommandError('wrong_host_type', `Domain ${domain} is of another host type`, { domain, hostType })
    }
    this.#mustKnow(hostType)
    await this.#parts.store.setStatus(domain, 'deleting')
    await this.#follow(domain, { ...found, status: 'deleting' })
  }

  /** May be repeated: what was removed before is removed again. */
  async #finishRemoval(domain: string, hostType: string): Promise<void> {
    const running = this.#hostOf(hostType)
    if (running === undefined) return
    const { host } = running
    await host.hooks.run(domainRemoved, { host, domain })
    await host.accounts.removeDomain(domain)
    await this.#parts.store.remove(domain)
    this.#parts.log.info({ what: 'domain_removed', domain, host_type: hostType })
  }

  #removeLater({ domain, hostType }: Pick<StoredDomain, 'domain' | 'hostType'>): void {
    const run = async () => {
      const stored = await this.find(domain)
      if (stored?.status === 'deleting' && stored.hostType === hostType) await this.#finishRemoval(domain, hostType)
    }
    const removal = Promise.resolve(this.#lane.run(domain, run))
      .catch((reason) => this.#parts.log.error({ what: 'domain_removal_failed', domain, reason }))
      .finally(() => this.#removals.delete(removal))
    this.#removals.add(removal)
  }

  #forgetChanges(): void {
    const { store, clock, maxAge, log } = this.#parts
    store
      .forgetChanges(clock.now() - maxAge)
      .catch((reason) => log.error({ what: 'domain_event_cleaning_failed', reason }))
  }

  #hostOf(hostType: string): RunningHost | undefined {
    const { hosts, hostTypes } = this.#parts
    return hostTypes.includes(hostType) ? hosts.get(hostType) : undefined
  }

  #mustKnow(hostType: string): void {
    if (this.#hostOf(hostType) !== undefined) return
    throw new CommandError('unknown_host_type', 'Unknown host type', { hostType })
  }

  async #mustFind(domain: string): Promise<StoredDomain> {
    const found = await this.find(domain)
    if (found === undefined) throw new CommandError('not_found', 'Given domain does not exist', { domain })
    return found
  }
}

function mustStay({ domain, status }: StoredDomain): void {
  if (status === 'deleting') throw new CommandError('deleted', 'Domain is being removed', { domain })
}

function duplicate(domain: string): CommandError {
  return new CommandError('duplicate', 'Domain already exists', { domain })
}
