import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import { formatPath, type KeyPath } from './key-path.ts'
import type { ModuleDeclaration } from './modules.ts'
import { type Config, configSchema, type HostConfig } from './schema.ts'
import { peel, schemaAt } from './schema-walk.ts'

/** What a new configuration comes to on a running server. */
export interface LiveMerge {
  /** The one to go on with: new where a change can be taken over, old elsewhere. */
  readonly config: Config
  /** Paths whose change is taken over. */
  readonly applied: readonly string[]
  /** Paths that change with the next start only. */
  readonly needsRestart: readonly string[]
}

/** Merges a new configuration into the one a server runs with, as far as the declarations of the options allow. */
export function mergeLive(old: Config, next: Config, modules: readonly ModuleDeclaration[]): LiveMerge {
  const merger = new Merger(configSchema(modules))
  const { file, host_config: _old, ...sections } = old
  const { file: _file, host_config: _next, ...nextSections } = next
  const merged = merger.merge(sections, nextSections, [], false)
  const config: Config = { file, ...(merged as typeof sections), host_config: merger.hosts(old, next) }
  return { config, applied: merger.applied, needsRestart: merger.needsRestart }
}

class Merger {
  readonly applied: string[] = []
  readonly needsRestart: string[] = []
  readonly #schema: z.ZodType

  constructor(schema: z.ZodType) {
    this.#schema = schema
  }

  /** `isLive`: whether the table around is. */
  merge(old: unknown, next: unknown, path: KeyPath, isLive: boolean): unknown {
    if (isSame(old, next)) return old
    const isLiveHere = this.#isLive(path, isLive)
    if (isPlain(old) && isPlain(next)) return this.#mergeTables(old, next, path, isLiveHere)
    if (Array.isArray(old) && Array.isArray(next) && old.length === next.length && [...old, ...next].every(isPlain)) {
      return old.map((item, index) => this.merge(item, next[index], [...path, index], isLiveHere))
    }
    ;(isLiveHere ? this.applied : this.needsRestart).push(formatPath(path))
    return isLiveHere ? next : old
  }

  /** Settings of single hosts, matched by their host. Which authentication and modules a host has of its own stays. */
  hosts(old: Config, next: Config): HostConfig[] {
    const names = new Set([...old.host_config, ...next.host_config].map(({ host }) => host))
    return [...names].map((host, index) => {
      const path = ['host_config', index]
      const before = old.host_config.find((entry) => entry.host === host) ?? { host, general: {} }
      const after = next.host_config.find((entry) => entry.host === host) ?? { host, general: {} }
      return this.merge(before, after, path, false) as HostConfig
    })
  }

  #mergeTables(
    old: Record<string, unknown>,
    next: Record<string, unknown>,
    path: KeyPath,
    isLive: boolean,
  ): Record<string, unknown> {
    const merged: Record<string, unknown> = {}
    for (const key of new Set([...Object.keys(old), ...Object.keys(next)])) {
      const value = this.merge(old[key], next[key], [...path, key], isLive)
      if (value !== undefined) merged[key] = value
    }
    return merged
  }

  #isLive(path: KeyPath, around: boolean): boolean {
    // Modules start and stop at run time; their options are a matter of each.
    if (path.at(-2) === 'modules') return true
    if (path.at(-3) === 'modules') return this.#says(path) ?? false
    if (path.length === 1 && path[0] === 'listen') return true
    return this.#says(path) ?? around
  }

  #says(path: KeyPath): boolean | undefined {
    const schema = schemaAt(this.#schema, path)
    const reload = schema === undefined ? undefined : peel(schema).meta.reload
    return reload === undefined ? undefined : reload === 'live'
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value))
}

/** Whether two values say the same; addresses and expressions are compared by what is written. */
function isSame(a: unknown, b: unknown): boolean {
  if (isDeepStrictEqual(a, b)) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => isSame(item, b[index]))
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !isPlain(value)
  return isObject(a) && isObject(b) && String(a) === String(b)
}
