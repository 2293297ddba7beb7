import { z } from 'zod'
import { alwaysOn, type ModuleDeclaration, type ModuleSource } from '../config/modules.ts'
import type { AnyModule } from './define.ts'

/** A module that has perhaps not been loaded. */
export interface ModuleEntry {
  readonly load: () => Promise<{ readonly default: AnyModule }>
  /** Keys of the configuration, beside its name, that are about it: former names, and tables that have moved into its own. */
  readonly alsoNamed?: readonly string[]
}

/** The modules of a table, each loaded when it is first needed. */
export class ModuleShelf implements ModuleSource {
  readonly #table: Readonly<Record<string, ModuleEntry>>
  readonly #byName = new Map<string, AnyModule>()
  /** What has been loaded, in the order of the table. The list grows. */
  readonly loaded: AnyModule[] = []

  constructor(table: Readonly<Record<string, ModuleEntry>>) {
    this.#table = table
  }

  /** Every module: its declaration when it has been loaded, else its names. */
  get known(): readonly ModuleDeclaration[] {
    return Object.entries(this.#table).map(
      ([name, { alsoNamed: aliases = [] }]) => this.#byName.get(name) ?? { name, aliases, options: z.strictObject({}) },
    )
  }

  /** Loads the modules that these keys are about, those that are always on, and what they need; other keys are passed over. */
  async load(keys: readonly string[]): Promise<void> {
    const wanted = new Set([...alwaysOn, ...keys])
    const named = Object.entries(this.#table).filter(([name, { alsoNamed = [] }]) =>
      [name, ...alsoNamed].some((key) => wanted.has(key)),
    )
    await Promise.all(named.map(([name]) => this.#loadOne(name)))
    const ordered = Object.keys(this.#table).flatMap((name) => this.#byName.get(name) ?? [])
    this.loaded.splice(0, this.loaded.length, ...ordered)
  }

  /** Every module, without a place among those that have been loaded. */
  async all(): Promise<readonly AnyModule[]> {
    const modules = await Promise.all(Object.values(this.#table).map(({ load }) => load()))
    return modules.map((module) => module.default)
  }

  async #loadOne(name: string): Promise<void> {
    const entry = this.#table[name]
    if (entry === undefined || this.#byName.has(name)) return
    const { default: declaration } = await entry.load()
    this.#byName.set(name, declaration)
    await Promise.all((declaration.needs ?? []).map((need) => this.#loadOne(need)))
  }
}
