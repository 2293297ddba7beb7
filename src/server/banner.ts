import { dirname, relative } from 'node:path'
import type { Config } from '../config/schema.ts'
import { productName, productVersion } from '../util/product.ts'
import type { OpenPort } from './port.ts'

/** What somebody sees who has started the server by hand: what listens where, where things lie, what to type next. */
export function banner({ config, ports }: { config: Config; ports: readonly OpenPort[] }): string {
  const rows = ports.map(({ address, port, speaks }) => [
    isIpv6(address) ? `[${address}]:${port}` : `${address}:${port}`,
    speaks,
  ])
  const here = (path: string) => shorter(relative(process.cwd(), path) || '.', path)
  const domain = config.general.default_server_domain
  const file = here(config.file)
  const option = dirname(config.file) === process.cwd() && file === 'meerkat.toml' ? '' : ` --config ${file}`
  const chat = chatAddress(config, ports)
  rows.push(['configuration', file], ['data', here(config.general.data_dir)])
  if (chat !== undefined) rows.push(['web chat', chat])
  return [
    `${productName} ${productVersion} serves ${servedBy(config)}\n`,
    ...rows.map(([name = '', what]) => `  ${name.padEnd(22)} ${what}\n`),
    'Next, make an account:\n',
    `  npx meerkat account registerUser --domain ${domain} --username alice --password secret${option}\n`,
  ].join('')
}

function servedBy({ general }: Config): string {
  const kinds = general.host_types.map((type) => `domains of the kind ${type}`)
  return [...general.hosts, ...kinds].join(', ')
}

/** Where a browser on this machine finds the web chat; undefined when no listener has it. */
function chatAddress(config: Config, ports: readonly OpenPort[]): string | undefined {
  // Listeners and open ports of a kind are in one order.
  const open = ports.filter(({ kind }) => kind === 'http' || kind === 'https')
  for (const [index, { handlers }] of config.listen.http.entries()) {
    const path = handlers.webchat_handler?.[0]?.path
    const port = open[index]
    if (path !== undefined && port !== undefined) return `${port.kind}://${hostName(port.address)}:${port.port}${path}`
  }
  return undefined
}

/** How a browser on this machine names a local address. */
function hostName(address: string): string {
  if (address === '127.0.0.1' || address === '::1' || address === '0.0.0.0' || address === '::') return 'localhost'
  return isIpv6(address) ? `[${address}]` : address
}

function isIpv6(address: string): boolean {
  return address.includes(':')
}

function shorter(a: string, b: string): string {
  return a.length <= b.length ? a : b
}
