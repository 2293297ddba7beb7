import type { z } from 'zod'
import type { IqPolicy } from '../router/iq-queue.ts'
import type { ErrorCondition } from '../stanza/stanza-error.ts'
import type { Migration } from '../storage/database.ts'
import type { Command } from './command.ts'
import type { ModuleContext } from './context.ts'
import type { ModuleServices } from './module-commands.ts'

/** A XEP that a module implements, and the version of it. */
export interface XepSupport {
  readonly xep: number
  readonly version: string
}

/** Carries the type of a module's tables; made by {@link tables}. */
export interface TableTypes<T> {
  readonly types?: T
}

/** Tells the types of the rows of a module's tables: `tables: tables<{ private_xml: { … } }>()`. */
export function tables<T>(): TableTypes<T> {
  return {}
}

/** A module as plain data, readable without running it, and a `setup` that is called once for each host type. */
export interface ModuleDeclaration<S extends z.ZodObject = z.ZodObject, T = unknown> {
  /** `mod_x`, as in the configuration. */
  readonly name: string
  /** Former names. */
  readonly aliases?: readonly string[]
  /** One sentence on what it is for. */
  readonly about: string
  readonly xeps: readonly XepSupport[]
  readonly options: S
  /** Features that the domain announces; namespaces of IQ handlers need not be listed. */
  readonly features?: readonly string[]
  /** Features that accounts announce. */
  readonly accountFeatures?: readonly string[]
  /** How its IQs are processed unless `iqdisc` says otherwise. */
  readonly iqPolicy?: IqPolicy['type']
  /** The error for other payloads of the namespaces that it answers; `not-allowed` unless given. */
  readonly otherIqs?: ErrorCondition
  /** Modules that must be started before; they are loaded with defaults when the configuration does not name them. */
  readonly needs?: readonly string[]
  /** Cannot serve domains that come and go. */
  readonly staticOnly?: boolean
  /** Is right on every node of a cluster: what it remembers is told to the others. It is refused there without. */
  readonly inCluster?: boolean
  readonly tables?: TableTypes<T>
  readonly migrations?: Readonly<Record<string, Migration>>
  /** Admin commands; they exist once a server and reach each domain through the interface that the module provides there. */
  readonly commands?: readonly Command<ModuleServices>[]
  setup(context: ModuleContext<z.infer<S>, T>): void | Promise<void>
}

/** A module of any options and tables, as registries hold them. */
// biome-ignore lint/suspicious/noExplicitAny: setup is contravariant in its options, so no other type takes every module
export type AnyModule = ModuleDeclaration<any, any>

/** Declares a module; the file's one default export. */
export function defineModule<S extends z.ZodObject, T = unknown>(
  declaration: ModuleDeclaration<S, T>,
): ModuleDeclaration<S, T> {
  return declaration
}
