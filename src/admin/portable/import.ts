import { Jid } from '../../jid/jid.ts'
import type { CommandCall } from '../../module/command.ts'
import type { ScramKeys } from '../../protocol/scram/keys.ts'
import { type ImportedElement, importsUser, userRegistered } from '../../router/events.ts'
import type { Host } from '../../router/host.ts'
import type { Element } from '../../xml/element.ts'
import { readDocument } from './document.ts'
import { isScram, scramKeysOf } from './format.ts'
import { type ImportSource, importRooms } from './rooms.ts'

export interface ImportOptions {
  /** Whether data may be added to accounts that exist. They keep their passwords. */
  readonly merge: boolean
  /** Only tell what would happen. */
  readonly isDryRun: boolean
}

/** What was read in, or would be. */
export interface ImportResult {
  readonly status: string
  users: number
  created: number
  merged: number
  /** How many things of each kind. */
  readonly taken: Record<string, number>
  /** How many elements of each kind no module here knows. */
  readonly unknown: Record<string, number>
  readonly errors: { readonly user: string; readonly error: string }[]
}

/** Users worked on at a time, and elements of one container. */
const usersAtOnce = 32
const elementsAtOnce = 64
/** Errors that are told; more of them help nobody. */
const mostErrors = 1000
const progressStep = 100

/**
 * Reads users in (XEP-0227), and rooms: looks through the whole document first, and when anything is wrong there changes nothing. Then what
 * fails of one user is told in the result and the others go on. An import that was interrupted can be repeated: an account is
 * made when all that belongs to it is there. Throws DocumentError.
 */
export async function importFrom(
  source: ImportSource,
  hosts: ImportHosts,
  options: ImportOptions,
  call: CommandCall,
): Promise<ImportResult> {
  const look = new ImportRun(hosts, { ...options, isDryRun: true }, {})
  const found = await look.run(source)
  if (options.isDryRun || found.errors.length > 0) {
    return { ...found, status: options.isDryRun ? 'Checked' : 'Refused' }
  }
  const progress = (done: number) => call.progress?.({ done, total: found.users })
  return new ImportRun(hosts, options, { progress }).run(source)
}

/** Where it goes. */
export interface ImportHosts {
  hostOf(domain: string): Host | undefined
  readonly allHosts: readonly Host[]
}

interface Watcher {
  progress?(done: number): void
}

class ImportRun {
  readonly #hosts: ImportHosts
  readonly #options: ImportOptions
  readonly #watcher: Watcher
  readonly #result: ImportResult = {
    status: 'Completed',
    users: 0,
    created: 0,
    merged: 0,
    taken: {},
    unknown: {},
    errors: [],
  }
  #done = 0

  constructor(hosts: ImportHosts, options: ImportOptions, watcher: Watcher) {
    this.#hosts = hosts
    this.#options = options
    this.#watcher = watcher
  }

  async run({ document, rooms }: ImportSource): Promise<ImportResult> {
    if (document !== undefined) await this.#users(document)
    for (const file of rooms) {
      await importRooms(file, this.#hosts.allHosts, this.#options, {
        taken: (kind, count) => add(this.#result.taken, kind, count),
        failed: (room, error) => this.#failed(room, error),
      })
    }
    return this.#result
  }

  async #users(file: string): Promise<void> {
    const working = new Set<Promise<void>>()
    let domain = ''
    let user: UserImport | undefined
    for await (const event of readDocument(file)) {
      if (event.kind === 'host') domain = event.domain
      else if (event.kind === 'user') user = this.#begin(event.element, domain)
      else if (event.kind === 'part') await user?.take(event.element, event.container)
      else if (user !== undefined) {
        const done = this.#finish(user).finally(() => working.delete(done))
        working.add(done)
        user = undefined
        if (working.size >= usersAtOnce) await Promise.race(working)
      }
    }
    await Promise.all(working)
  }

  #begin(element: Element, domain: string): UserImport {
    this.#result.users++
    const name = `${element.attr('name') ?? ''}@${domain}`
    const jid = Jid.tryParse(name)
    const host = jid === undefined ? undefined : this.#hosts.hostOf(jid.domain)
    const user = new UserImport(name, { host, jid, password: element.attr('password') }, this.#options, {
      taken: ({ kind, count }) => add(this.#result.taken, kind, count),
      unknown: (kind) => add(this.#result.unknown, kind, 1),
    })
    return user
  }

  async #finish(user: UserImport): Promise<void> {
    const { outcome, errors } = await user.end()
    if (outcome !== undefined) this.#result[outcome]++
    for (const error of errors) this.#failed(user.name, error)
    this.#done++
    if (this.#done % progressStep === 0 || this.#done === this.#result.users) this.#watcher.progress?.(this.#done)
  }

  #failed(user: string, error: string): void {
    if (this.#result.errors.length < mostErrors) this.#result.errors.push({ user, error })
  }
}

function add(counts: Record<string, number>, kind: string, count: number): void {
  counts[kind] = (counts[kind] ?? 0) + count
}

interface Counts {
  taken(imported: { kind: string; count: number }): void
  unknown(kind: string): void
}

interface Target {
  readonly host: Host | undefined
  readonly jid: Jid | undefined
  readonly password: string | undefined
}

/** One user under way. */
class UserImport {
  readonly name: string
  readonly #target: Target
  readonly #options: ImportOptions
  readonly #counts: Counts
  readonly #errors: string[] = []
  readonly #keys: ScramKeys[] = []
  readonly #working = new Set<Promise<void>>()
  readonly #exists: Promise<boolean>
  #container: Element | undefined

  constructor(name: string, target: Target, options: ImportOptions, counts: Counts) {
    this.name = name
    this.#target = target
    this.#options = options
    this.#counts = counts
    this.#exists = this.#look()
  }

  /** Whether there is such an account; notes what is against the import of this user. */
  async #look(): Promise<boolean> {
    const { host, jid } = this.#target
    if (jid === undefined || jid.local === '') this.#errors.push('this is no address of a user')
    else if (host === undefined) this.#errors.push('this domain is not served here')
    else {
      try {
        const exists = await host.accounts.exists(jid)
        if (exists && !this.#options.merge) this.#errors.push('there is such an account already; see --merge')
        return exists
      } catch (error) {
        this.#failed(error)
      }
    }
    return false
  }

  /** Takes an element of the user. Settles when the next one may come. */
  async take(element: Element, container: Element | undefined): Promise<void> {
    await this.#exists
    const { host, jid } = this.#target
    if (host === undefined || jid === undefined || this.#errors.length > 0) return
    // What stands outside of a container may depend on what was before.
    if (container === undefined || container !== this.#container) await Promise.all(this.#working)
    this.#container = container
    if (container === undefined && isScram(element)) return this.#credentials(element)
    const { isDryRun } = this.#options
    const work = this.#hand({ host, user: jid, element, container, isDryRun }).finally(() => this.#working.delete(work))
    this.#working.add(work)
    if (container === undefined) await work
    else if (this.#working.size >= elementsAtOnce) await Promise.race(this.#working)
  }

  async #hand(event: ImportedElement): Promise<void> {
    try {
      const imported = await event.host.hooks.run(importsUser, event)
      if (imported === undefined) this.#counts.unknown(`${event.element.name} of ${event.element.ns}`)
      else this.#counts.taken(imported)
    } catch (error) {
      this.#failed(error)
    }
  }

  #credentials(element: Element): void {
    try {
      const keys = scramKeysOf(element)
      if (keys !== undefined) this.#keys.push(keys)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Makes the account once all that belongs to it is there. */
  async end(): Promise<{ outcome: 'created' | 'merged' | undefined; errors: readonly string[] }> {
    const exists = await this.#exists
    await Promise.all(this.#working)
    if (this.#errors.length > 0) return { outcome: undefined, errors: this.#errors }
    if (exists) return { outcome: 'merged', errors: [] }
    const { host, jid, password } = this.#target
    try {
      if (password === undefined && this.#keys.length === 0) throw new Error('there are no credentials for the account')
      if (host !== undefined && jid !== undefined && !this.#options.isDryRun) {
        await host.accounts.adopt(jid, { password, keys: this.#keys })
        await host.hooks.run(userRegistered, { host, user: jid })
      }
      return { outcome: 'created', errors: [] }
    } catch (error) {
      this.#failed(error)
      return { outcome: undefined, errors: this.#errors }
    }
  }

  #failed(error: unknown): void {
    this.#errors.push(error instanceof Error ? error.message : String(error))
  }
}
