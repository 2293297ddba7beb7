import { valueAt } from './key-path.ts'
import { isTable } from './schema-walk.ts'

const modes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  false: { mode: 'none', verify_mode: 'none' },
  optional: { mode: 'starttls', verify_mode: 'none' },
  required: { mode: 'starttls_required', verify_mode: 'none' },
  required_trusted: { mode: 'starttls_required', verify_mode: 'peer' },
}

/**
 * MongooseIM 4.0.0 says once, under `s2s`, how TLS is with other servers, where later versions say it for each listener and for
 * outgoing connections: taken over to these, where they say nothing themselves.
 */
export function spreadServerTls(data: unknown): void {
  const general = spreadIn(valueAt(data, ['s2s']))
  const hosts = valueAt(data, ['host_config'])
  if (Array.isArray(hosts)) for (const host of hosts) spreadIn(valueAt(host, ['s2s']))
  const listeners = valueAt(data, ['listen', 's2s'])
  if (general === undefined || !Array.isArray(listeners)) return
  // Who connects is asked for a certificate in any case; only the strictest mode insists on a good one.
  const { verify_mode: verify, ...incoming } = general
  const strict = verify === 'peer' ? { verify_mode: verify } : {}
  for (const listener of listeners) if (isTable(listener)) addTo(listener, { ...incoming, ...strict })
}

/** What an `s2s` table says, taken over to its outgoing connections; undefined where it says nothing. */
function spreadIn(s2s: unknown): Record<string, unknown> | undefined {
  if (!isTable(s2s)) return undefined
  const { use_starttls: use, certfile, ciphers } = s2s
  const said = { ...(typeof use === 'string' ? modes[use] : {}), ...withoutGaps({ certfile, ciphers }) }
  if (Object.keys(said).length === 0) return undefined
  addTo(tableIn(s2s, 'outgoing'), said)
  return said
}

function withoutGaps(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function addTo(holder: Record<string, unknown>, tls: Readonly<Record<string, unknown>>): void {
  const own = holder['tls'] ?? {}
  if (isTable(own)) holder['tls'] = { ...tls, ...own }
}

function tableIn(holder: Record<string, unknown>, key: string): Record<string, unknown> {
  const known = holder[key]
  if (isTable(known)) return known
  const made: Record<string, unknown> = {}
  if (known === undefined) holder[key] = made
  return made
}
