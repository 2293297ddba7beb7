import { stringify } from 'smol-toml'
import type { KeyPath } from './key-path.ts'
import type { ModuleDeclaration } from './modules.ts'
import { type Config, configSchema } from './schema.ts'
import { isTable, visitValues } from './schema-walk.ts'

/** Writes a configuration as TOML with every default filled in; secrets are hidden. */
export function printConfig(config: Config, modules: readonly ModuleDeclaration[]): string {
  const { file, ...sections } = config
  const secrets = new Set<string>()
  visitValues(configSchema(modules), sections, (_value, meta, path) => {
    if (meta.secret === true) secrets.add(path.join('\n'))
  })
  return `# ${file} with all defaults\n${stringify(plain(sections, [], secrets))}`
}

function plain(value: unknown, path: KeyPath, secrets: ReadonlySet<string>): unknown {
  if (secrets.has(path.join('\n'))) return '(hidden)'
  if (value === Number.POSITIVE_INFINITY) return 'infinity'
  if (value instanceof RegExp) return value.source
  if (Array.isArray(value)) return value.map((item, index) => plain(item, [...path, index], secrets))
  if (!isTable(value)) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner, [...path, key], secrets)]))
}
