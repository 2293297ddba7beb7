/** A place in the configuration: table keys and list positions, outermost first. */
export type KeyPath = readonly (string | number)[]

const bareKey = /^[A-Za-z0-9_-]+$/

/** Writes a path as it is shown to operators: `listen.c2s[0].tls.mode`; keys TOML would quote are quoted. */
export function formatPath(path: KeyPath): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else text += `${text === '' ? '' : '.'}${bareKey.test(part) ? part : JSON.stringify(part)}`
  }
  return text
}

/** The value at `path` inside `root`, `undefined` where the path leads nowhere. */
export function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root
  for (const part of path) {
    if (value === null || typeof value !== 'object') return undefined
    value = Object.hasOwn(value, part) ? (value as Record<string | number, unknown>)[part] : undefined
  }
  return value
}
