import type { Jid } from '../../jid/jid.ts'
import { Lru } from '../../util/lru.ts'
import { KeyedMailbox } from '../../util/mailbox.ts'
import type { Eventually } from '../../util/settled.ts'
import type { Catalogue } from './catalogue.ts'
import { PubsubNode } from './core/node.ts'
import type { PubsubStore } from './store.ts'

/** Nodes kept in memory beside those of the disk. */
const cachedNodes = 20_000
/** Accounts whose nodes are known by name. */
const cachedAccounts = 20_000

function keyOf(service: Jid, name: string): string {
  return `${service.full}\n${name}`
}

/** The nodes, read when they are first asked for. What changes one runs in its mailbox. */
export class Nodes {
  readonly #store: PubsubStore
  readonly #catalogue: Catalogue
  readonly #mailbox = new KeyedMailbox()
  readonly #cache = new Lru<string, PubsubNode>(cachedNodes)
  readonly #names = new Lru<string, readonly string[]>(cachedAccounts)

  constructor(store: PubsubStore, catalogue: Catalogue) {
    this.#store = store
    this.#catalogue = catalogue
  }

  /** A node; there at once when it is in memory. */
  get(service: Jid, name: string): Eventually<PubsubNode | undefined> {
    const key = keyOf(service, name)
    return this.#cache.get(key) ?? this.#mailbox.run(key, () => this.#read(service, name))
  }

  /** Runs a job that may change a node, after those before it. It gets the node as it is then. */
  run<T>(service: Jid, name: string, job: (node: PubsubNode | undefined) => Promise<T>): Promise<T> {
    const outcome = this.#mailbox.run(keyOf(service, name), async () => job(await this.#read(service, name)))
    return outcome as Promise<T>
  }

  /** The names of the nodes of an account. */
  namesOf(service: Jid): Eventually<readonly string[]> {
    const known = this.#names.get(service.full)
    return known ?? this.#mailbox.run(service.full, () => this.#readNames(service))
  }

  /** Within the job of a node: it is there from now on. */
  created(node: PubsubNode): void {
    this.#cache.set(keyOf(node.service, node.name), node)
    this.#names.delete(node.service.full)
  }

  /** Within the job of a node, or when there is nobody who could have one: it is gone. */
  removed(service: Jid, name: string): void {
    this.#cache.delete(keyOf(service, name))
    this.#names.delete(service.full)
  }

  /** Forgets what is in memory of all nodes of some services. */
  forgetWhere(fits: (service: string) => boolean): void {
    this.#cache.deleteWhere((key) => fits(key.slice(0, key.indexOf('\n'))))
    this.#names.deleteWhere(fits)
  }

  #read(service: Jid, name: string): Eventually<PubsubNode | undefined> {
    const key = keyOf(service, name)
    const cached = this.#cache.get(key)
    if (cached !== undefined) return cached
    return this.#store.load(service, name).then((record) => {
      if (record === undefined) return undefined
      const node = new PubsubNode(record)
      this.#cache.set(key, node)
      return node
    })
  }

  #readNames(service: Jid): Eventually<readonly string[]> {
    const known = this.#names.get(service.full)
    if (known !== undefined) return known
    return this.#catalogue.namesOf(service).then((names) => {
      this.#names.set(service.full, names)
      return names
    })
  }
}
