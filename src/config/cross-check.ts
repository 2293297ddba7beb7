import type { z } from 'zod'
import { checkBosh } from './bosh.ts'
import { checkAuthNeeds, checkPools, needPool } from './check-auth.ts'
import { checkCluster } from './check-cluster.ts'
import { checkHandlers } from './check-handlers.ts'
import { checkHostConfigs, checkHosts } from './check-hosts.ts'
import { formatPath, type KeyPath, valueAt } from './key-path.ts'
import { nearest } from './nearest.ts'
import type { Report } from './problem.ts'
import type { Config } from './schema.ts'
import { isTable, visitValues } from './schema-walk.ts'
import { addressOf } from './settle.ts'

/**
 * Checks names that must be defined and ports that may not be taken twice. They work on data that did not pass the
 * schema as well, so that everything wrong is told at once; what has the wrong shape is passed over.
 */
export function crossCheck(schema: z.ZodType, data: unknown, report: Report): void {
  checkHosts(data, report)
  checkHostConfigs(data, report)
  checkBosh(data, report)
  checkListeners(data, report)
  checkReferences(schema, data, report)
  checkCommandRules(data, report)
  checkAccess(data, report)
  checkAuthNeeds(data, report)
  checkPools(data, report)
  checkHandlers(data, report)
  checkCluster(data, report)
}

/** Checks of a configuration that passed everything else, for every host. */
export function checkAuth(config: Config, report: Report): void {
  checkAuthOf(config, [], report)
  config.host_config.forEach((own, index) => {
    if (own.auth !== undefined) checkAuthOf({ ...config, auth: own.auth }, ['host_config', index], report)
  })
}

/** `place`: where the `auth` stands. What concerns a listener for the general one is told there. */
function checkAuthOf({ auth, listen }: Pick<Config, 'auth' | 'listen'>, place: KeyPath, report: Report): void {
  const methods = new Set<string>(auth.methods)
  listen.c2s.forEach((listener, index) => {
    const path = ['listen', 'c2s', index]
    const allowed = listener.allowed_auth_methods
    if (allowed !== undefined && !allowed.some((method) => methods.has(method))) {
      const where = place.length === 0 ? '' : ` of ${formatPath(place)}`
      report.warning('no_mechanism_left', [...path, 'allowed_auth_methods'], {
        message: `None of these methods is in auth.methods${where}: nobody can log in here.`,
        value: allowed,
      })
    }
    if (place.length > 0) return
    const isOpen = listener.tls === undefined || listener.tls.mode === 'starttls'
    if (isOpen && auth.sasl_mechanisms.includes('plain')) {
      report.warning('plain_without_tls', path, {
        message: 'Clients may log in without TLS here, with their password in the clear.',
        hint: 'set tls.mode to "starttls_required" or "tls", or leave "plain" out of auth.sasl_mechanisms',
      })
    }
  })
}

function hostConfigsOf(data: unknown): readonly unknown[] {
  const entries = valueAt(data, ['host_config'])
  return Array.isArray(entries) ? entries : []
}

interface Bound {
  address: string
  port: number
}

function checkListeners(data: unknown, report: Report): void {
  const bound: Bound[] = []
  for (const kind of ['c2s', 's2s', 'component', 'http']) {
    const listeners = valueAt(data, ['listen', kind])
    if (!Array.isArray(listeners)) continue
    listeners.forEach((listener: unknown, index) => {
      const here = boundBy(listener)
      if (here !== undefined) bind(here, ['listen', kind, index, 'port'], bound, report)
    })
  }
}

function bind(here: Bound, path: KeyPath, bound: Bound[], report: Report): void {
  if (here.port === 0) return
  if (!bound.some((entry) => entry.port === here.port && overlaps(entry.address, here.address))) {
    bound.push(here)
    return
  }
  report.error('duplicate_listeners', path, {
    message: `Port ${here.port} on ${here.address} is taken by an earlier listener.`,
    value: here.port,
  })
}

function boundBy(listener: unknown): Bound | undefined {
  if (!isTable(listener)) return undefined
  const { port, ip_address, ip_version, tls } = listener
  if (typeof port !== 'number') return undefined
  const address = addressOf({
    ip_address: typeof ip_address === 'string' ? ip_address : undefined,
    ip_version: ip_version === 6 ? 6 : undefined,
    tls: isTable(tls) ? tls : undefined,
  })
  return { address, port }
}

/** Whether two addresses cannot both be bound on one port: they are equal, or one means every address of its version. */
function overlaps(a: string, b: string): boolean {
  if (a === b) return true
  const isSix = (address: string) => address.includes(':')
  if (isSix(a) !== isSix(b)) return false
  return ['0.0.0.0', '::'].some((every) => a === every || b === every)
}

/** The names defined in one of the sections whose keys are names. */
function definedIn(data: unknown, section: 'shaper' | 'acl' | 'access', place: KeyPath = []): string[] {
  const table = valueAt(data, [...place, section])
  return isTable(table) ? Object.keys(table) : []
}

function checkReferences(schema: z.ZodType, data: unknown, report: Report): void {
  const shapers = ['none', ...definedIn(data, 'shaper')]
  const rules = ['all', 'none', ...definedIn(data, 'access')]
  visitValues(schema, data, (value, meta, path) => {
    const isUsed =
      meta.poolOfBackend === undefined || valueAt(data, [...path.slice(0, -2), 'backend']) === meta.poolOfBackend
    if (isUsed) needPool(data, { type: meta.poolType, tag: value }, path, report)
    checkClientVersions(value, path, report)
    if (meta.refers === undefined || typeof value !== 'string') return
    const own = path[0] === 'host_config' ? definedIn(data, 'access', path.slice(0, 2)) : []
    const named = { shaper: shapers, access: [...rules, ...own], 'shaper or access': [...shapers, ...rules, ...own] }
    const known = named[meta.refers]
    if (known.includes(value)) return
    const what = meta.refers === 'access' ? 'undefined_access_rule' : 'undefined_shapers'
    undefinedName(what, { value, path, known }, report)
  })
}

/** The access rules by which commands may be given. */
function checkCommandRules(data: unknown, report: Report): void {
  for (const place of [[], ...hostConfigsOf(data).map((_, index) => ['host_config', index])]) {
    const table = [...place, 'general', 'mongooseimctl_access_commands']
    const own = place.length > 0 ? definedIn(data, 'access', place) : []
    const known = ['all', 'none', ...definedIn(data, 'access'), ...own]
    for (const rule of Object.keys(valueAt(data, table) ?? {})) {
      if (!known.includes(rule))
        undefinedName('undefined_access_rule', { value: rule, path: [...table, rule], known }, report)
    }
  }
}

/** Versions of TLS that are written for connections of our own and never used. Those of listeners are told of as they settle. */
function checkClientVersions(value: unknown, path: KeyPath, report: Report): void {
  if (path.at(-1) !== 'versions' || path.at(-2) !== 'tls' || path[0] === 'listen' || !Array.isArray(value)) return
  const refused = value.filter((version) => version === 'tlsv1' || version === 'tlsv1.1')
  if (refused.length === 0) return
  report.warning('tls_version_refused', path, { message: `Not used, because not safe: ${refused.join(', ')}.` })
}

interface Undefined {
  value: string
  path: KeyPath
  known: readonly string[]
}

/** A shaper must exist; a rule or class that does not exist denies, which is safe and worth a warning. */
function undefinedName(
  what: 'undefined_shapers' | 'undefined_access_rule' | 'undefined_acl',
  { value, path, known }: Undefined,
  report: Report,
): void {
  const guess = nearest(value, known)
  const hint = guess === undefined ? undefined : `did you mean ${JSON.stringify(guess)}?`
  const defined = { undefined_shapers: 'shaper', undefined_access_rule: 'access', undefined_acl: 'acl' }[what]
  if (what === 'undefined_shapers') {
    report.error(what, path, { message: `No such name is defined under ${defined}.`, value, hint })
  } else {
    const effect = what === 'undefined_acl' ? 'nobody has this class' : 'everybody is denied'
    report.warning(what, path, { message: `No such name is defined under ${defined}: ${effect}.`, value, hint })
  }
}

const plainValues = ['allow', 'deny', 'default', 'none', 'infinity']

function checkAccess(data: unknown, report: Report): void {
  checkAccessAt(data, [], report)
  for (const index of hostConfigsOf(data).keys()) checkAccessAt(data, ['host_config', index], report)
}

function checkAccessAt(data: unknown, place: KeyPath, report: Report): void {
  const classes = ['all', 'none', ...definedIn(data, 'acl'), ...(place.length > 0 ? definedIn(data, 'acl', place) : [])]
  const values = [...plainValues, ...definedIn(data, 'shaper')]
  for (const rule of definedIn(data, 'access', place)) {
    const clauses = valueAt(data, [...place, 'access', rule])
    if (!Array.isArray(clauses)) continue
    clauses.forEach((clause: unknown, index) => {
      const path = [...place, 'access', rule, index]
      const acl = valueAt(clause, ['acl'])
      const value = valueAt(clause, ['value'])
      if (typeof acl === 'string' && !classes.includes(acl)) {
        undefinedName('undefined_acl', { value: acl, path: [...path, 'acl'], known: classes }, report)
      }
      if (typeof value === 'string' && !values.includes(value)) {
        undefinedName('undefined_shapers', { value, path: [...path, 'value'], known: values }, report)
      }
    })
  }
}
