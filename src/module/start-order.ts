/** What the order depends on. */
interface Needing {
  readonly name: string
  readonly needs?: readonly string[]
}

/** Sorts modules so that each comes after those that it needs; among equals the given order is kept. Throws for a cycle or a missing one. */
export function startOrder<T extends Needing>(modules: readonly T[]): T[] {
  const byName = new Map(modules.map((module) => [module.name, module]))
  const done = new Set<string>()
  const ordered: T[] = []
  const visit = (module: T, path: readonly string[]): void => {
    if (done.has(module.name)) return
    if (path.includes(module.name)) throw new Error(`modules need each other: ${[...path, module.name].join(' -> ')}`)
    for (const need of module.needs ?? []) {
      const needed = byName.get(need)
      if (needed === undefined) throw new Error(`${module.name} needs ${need}, which is not loaded`)
      visit(needed, [...path, module.name])
    }
    done.add(module.name)
    ordered.push(module)
  }
  for (const module of modules) visit(module, [])
  return ordered
}
