import type { Membership } from '../util/undo.ts'
import type { Hook } from './hook.ts'
import { type Joined, resolveOrder } from './order.ts'

/** What a handler may return; a promise holds back what waits for the hook. */
export type Answer<R> = R | undefined | void | Promise<R | undefined | void>
export type Handler<E, R> = (event: E) => Answer<R>

export interface Placement {
  /** Names of modules in the same slot that run after this one. */
  before?: readonly string[]
  /** Names of modules in the same slot that run before this one. */
  after?: readonly string[]
}

/** Who joins a hook, and with what. */
export interface Joining<E, R> extends Placement {
  readonly module: string
  readonly handler: Handler<E, R>
}

/** Told of a handler that threw. */
export type FailureListener = (failure: { hook: string; module: string; error: unknown; event: unknown }) => void

const nobody: readonly string[] = []

/** Counts how often somebody has joined or left a table. */
interface Revision {
  count: number
}

/** A handler in its hook. */
class Entry implements Joined, Membership {
  readonly slot: number
  readonly module: string
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly run: Handler<unknown, unknown>
  readonly #guests: Guests

  constructor(
    guests: Guests,
    slot: number,
    { module, handler, before = nobody, after = nobody }: Joining<never, unknown>,
  ) {
    this.slot = slot
    this.module = module
    this.before = before
    this.after = after
    this.run = handler as Handler<unknown, unknown>
    this.#guests = guests
  }

  leave(): void {
    this.#guests.remove(this)
  }
}

/** Those who have joined one hook, in the order in which they came, and in that in which they run. */
class Guests {
  readonly hook: Hook<unknown, unknown>
  readonly #joined: Entry[] = []
  readonly #revision: Revision
  #hasWishes = false
  /** Replaced, never changed. */
  #chain: readonly Entry[] | undefined

  constructor(hook: Hook<unknown, unknown>, revision: Revision) {
    this.hook = hook
    this.#revision = revision
  }

  get size(): number {
    return this.#joined.length
  }

  /** In the order in which they run, which is found out when somebody asks. */
  get chain(): readonly Entry[] {
    this.#chain ??= resolveOrder(this.hook.name, this.#joined)
    return this.#chain
  }

  /** Wishes that contradict each other are told to whoever joins. */
  add(entry: Entry): void {
    this.#hasWishes ||= entry.before.length > 0 || entry.after.length > 0
    this.#chain = this.#hasWishes ? resolveOrder(this.hook.name, [...this.#joined, entry]) : undefined
    this.#joined.push(entry)
    this.#revision.count++
  }

  remove(entry: Entry): void {
    const place = this.#joined.indexOf(entry)
    if (place < 0) return
    this.#joined.splice(place, 1)
    this.#chain = undefined
    this.#revision.count++
  }
}

const empty: readonly Entry[] = []

/**
 * Who joins which hook, for one host type. The resolved chains are arrays that are replaced, never changed, so that a chain
 * under way goes on as it began when a module starts or stops. They are put in order when a hook is run first: most of the
 * hooks of most of many hosts never are.
 */
export class HookTable {
  readonly #guests: (Guests | undefined)[] = []
  readonly #onFailure: FailureListener
  readonly #revision: Revision = { count: 0 }

  constructor(onFailure: FailureListener) {
    this.#onFailure = onFailure
  }

  /** Joins a slot of a hook in the name of a module. Throws for an unknown slot or a cycle. */
  join<E, R>(hook: Hook<E, R>, slot: string, joining: Joining<E, R>): Membership {
    if (!hook.slots.includes(slot)) {
      const { module } = joining
      throw new Error(`${module} joins ${hook.name} in slot ${slot}, which has only ${hook.slots.join(', ')}`)
    }
    const guests = this.#guestsOf(hook as Hook<unknown, unknown>)
    const entry = new Entry(guests, hook.slots.indexOf(slot), joining)
    guests.add(entry)
    return entry
  }

  /** Changes whenever somebody joins or leaves. */
  get revision(): number {
    return this.#revision.count
  }

  /** Whether anybody has joined: lets the hot path skip making an event. */
  has(hook: Hook<never, never> | Hook<unknown, unknown> | { readonly index: number }): boolean {
    const guests = this.#guests[hook.index]
    return guests !== undefined && guests.size > 0
  }

  /**
   * Asks the handlers of a chain in order until one answers. Synchronous as long as the handlers are.
   * Throws what a handler threw where the hook's policy is `abort`.
   */
  run<E, R>(hook: Hook<E, R>, event: E): R | undefined | Promise<R | undefined> {
    const guests = this.#guests[hook.index]
    return guests === undefined ? undefined : this.#runFrom(hook, event, guests.chain, 0)
  }

  /** As {@link run}, but asks only those who joined a later slot than this one. */
  runAfter<E, R>(hook: Hook<E, R>, slot: string, event: E): R | undefined | Promise<R | undefined> {
    const entries = this.#chainOf(hook)
    const place = hook.slots.indexOf(slot)
    const first = entries.findIndex((entry) => entry.slot > place)
    return first < 0 ? undefined : this.#runFrom(hook, event, entries, first)
  }

  /** As {@link run}, but asks only those who joined this slot. */
  runIn<E, R>(hook: Hook<E, R>, slot: string, event: E): R | undefined | Promise<R | undefined> {
    const place = hook.slots.indexOf(slot)
    const entries = this.#chainOf(hook).filter((entry) => entry.slot === place)
    return this.#runFrom(hook, event, entries, 0)
  }

  /** As {@link run}, for chains whose handlers are all synchronous; one that is not is a fault. */
  runNow<E, R>(hook: Hook<E, R>, event: E): R | undefined {
    const answer = this.run(hook, event)
    if (answer instanceof Promise) throw new Error(`${hook.name} has to be answered at once`)
    return answer
  }

  /** Asks all handlers and gathers what they answer. `failed` is told the modules whose handlers threw, and that were passed over. */
  async gather<E, R>(hook: Hook<E, R>, event: E, failed?: (module: string) => void): Promise<R[]> {
    const answers: R[] = []
    for (const entry of this.#chainOf(hook)) {
      try {
        const answer = (await entry.run(event)) as R | undefined
        if (answer !== undefined) answers.push(answer)
      } catch (error) {
        this.#failed(hook as Hook<unknown, unknown>, entry, error, event)
        failed?.(entry.module)
      }
    }
    return answers
  }

  /** As {@link gather}, for hooks whose handlers are all synchronous; one that is not is a fault. */
  gatherNow<E, R>(hook: Hook<E, R>, event: E): R[] {
    const answers: R[] = []
    for (const entry of this.#chainOf(hook)) {
      try {
        const answer = entry.run(event)
        if (answer instanceof Promise) throw new Error(`${hook.name} has to be answered at once`)
        if (answer !== undefined) answers.push(answer as R)
      } catch (error) {
        this.#failed(hook as Hook<unknown, unknown>, entry, error, event)
      }
    }
    return answers
  }

  /** The resolved order of every hook in use. */
  describe(): { hook: string; handlers: { slot: string; module: string }[] }[] {
    const described = []
    for (const guests of this.#guests) {
      if (guests === undefined) continue
      const { hook } = guests
      const handlers = guests.chain.map(({ slot, module }) => ({ slot: hook.slots[slot] ?? '', module }))
      described.push({ hook: hook.name, handlers })
    }
    return described
  }

  #guestsOf(hook: Hook<unknown, unknown>): Guests {
    const known = this.#guests[hook.index]
    if (known !== undefined) return known
    const made = new Guests(hook, this.#revision)
    this.#guests[hook.index] = made
    return made
  }

  #chainOf(hook: { readonly index: number }): readonly Entry[] {
    const guests = this.#guests[hook.index]
    return guests === undefined ? empty : guests.chain
  }

  #runFrom<E, R>(
    hook: Hook<E, R>,
    event: E,
    entries: readonly Entry[],
    first: number,
  ): R | undefined | Promise<R | undefined> {
    for (let i = first; i < entries.length; i++) {
      const entry = entries[i] as Entry
      try {
        const answer = entry.run(event)
        if (answer === undefined) continue
        if (answer instanceof Promise) return this.#runOn(hook, event, entries, { index: i, answer })
        return answer as R
      } catch (error) {
        this.#failed(hook as Hook<unknown, unknown>, entry, error, event)
      }
    }
    return undefined
  }

  async #runOn<E, R>(
    hook: Hook<E, R>,
    event: E,
    entries: readonly Entry[],
    pending: { index: number; answer: Promise<unknown> },
  ): Promise<R | undefined> {
    try {
      const answer = await pending.answer
      if (answer !== undefined) return answer as R
    } catch (error) {
      this.#failed(hook as Hook<unknown, unknown>, entries[pending.index] as Entry, error, event)
    }
    return this.#runFrom(hook, event, entries, pending.index + 1)
  }

  #failed(hook: Hook<unknown, unknown>, entry: Entry, error: unknown, event: unknown): void {
    this.#onFailure({ hook: hook.name, module: entry.module, error, event })
    if (hook.onFailure === 'abort') throw error
  }
}
