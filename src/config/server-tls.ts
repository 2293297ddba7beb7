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
  const s2s = valueAt(data, ['s2s'])
  if (!isTable(s2s)) return
  const { use_starttls: use, certfile, ciphers } = s2s
  const files = withoutGaps({ certfile, ciphers })
  const wanted = typeof use === 'string' ? (modes[use] ?? {}) : {}
  if (Object.keys(wanted).length + Object.keys(files).length === 0) return
  addTo(tableIn(s2s, 'outgoing'), { ...wanted, ...files })
  // Who connects is asked for a certificate in any case; only the strictest mode insists on a good one.
  const { verify_mode: verify, ...mode } = wanted
  const strict = verify === 'peer' ? { verify_mode: verify } : {}
  const listeners = valueAt(data, ['listen', 's2s'])
  if (!Array.isArray(listeners)) return
  for (const listener of listeners) if (isTable(listener)) addTo(listener, { ...mode, ...strict, ...files })
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
