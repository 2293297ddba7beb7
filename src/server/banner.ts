import { dirname, relative } from 'node:path'
import type { Config } from '../config/schema.ts'
import { productName, productVersion } from '../util/product.ts'
import type { OpenPort } from './listeners.ts'

/** What somebody sees who has started the server by hand: what listens where, where things lie, what to type next. */
export function banner({ config, ports }: { config: Config; ports: readonly OpenPort[] }): string {
  const rows = ports.map(({ address, port, speaks }) => `  ${`${address}:${port}`.padEnd(22)} ${speaks}\n`)
  const here = (path: string) => relative(process.cwd(), path) || '.'
  const domain = config.general.default_server_domain
  const file = here(config.file)
  const option = dirname(config.file) === process.cwd() && file === 'meerkat.toml' ? '' : ` --config ${file}`
  return [
    `${productName} ${productVersion} serves ${config.general.hosts.join(', ')}\n`,
    ...rows,
    `  configuration          ${file}\n`,
    `  data                   ${here(config.general.data_dir)}\n`,
    'Next, make an account:\n',
    `  npx meerkat account registerUser --domain ${domain} --username alice --password secret${option}\n`,
  ].join('')
}
