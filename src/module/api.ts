/** What one module offers to others: named in its `api.ts`, given with `provide`, got with `use`. */
export interface ModuleApi<T> {
  /** The module that provides it. */
  readonly module: string
  /** Carries the type; never set. */
  readonly type?: T
}

/** Names the face of a module; once, in its `api.ts`. */
export function moduleApi<T>(module: string): ModuleApi<T> {
  return { module }
}
