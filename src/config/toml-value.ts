import { isTable } from './schema-walk.ts'

/** Writes a value as it stands on one line of TOML; `Infinity` as `"infinity"`. */
export function tomlValue(value: unknown): string {
  if (value === Number.POSITIVE_INFINITY) return '"infinity"'
  if (Array.isArray(value)) return `[${value.map(tomlValue).join(', ')}]`
  if (isTable(value)) {
    const pairs = Object.entries(value).map(([key, inner]) => `${key} = ${tomlValue(inner)}`)
    return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
