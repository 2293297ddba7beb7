/** Names of a tree of homes (`/home/DOMAIN/USER/…`), whose first two levels are there by themselves. */
export const homeRoot = '/home'

/** The name of the node above, undefined at the top or for a name that is no path. */
export function parentPath(name: string): string | undefined {
  const slash = name.lastIndexOf('/')
  return name.startsWith('/') && slash > 0 ? name.slice(0, slash) : undefined
}

/** Whether a name is a well-formed path below somebody's home, or that home. */
export function isInHome(name: string, home: string): boolean {
  return (name === home || name.startsWith(`${home}/`)) && !name.includes('//') && !name.endsWith('/')
}

/** The home of a user. */
export function homeOf({ domain, local }: { readonly domain: string; readonly local: string }): string {
  return `${homeRoot}/${domain}/${local}`
}

/** Whether a node is there without anybody having made it. */
export function isFixed(name: string): boolean {
  return name === homeRoot || /^\/home\/[^/]+$/.test(name)
}
