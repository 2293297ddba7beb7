import type { ProxyRequest } from '../../net/proxy-request.ts'
import type { Upstream } from '../../net/reverse-proxy.ts'

/** A rule as it is written; `_` means any host, path or method. */
export interface Route {
  readonly host: string
  readonly path: string
  readonly method: string
  readonly upstream: string
}

/** A rule that makes no sense; the message says why, `key` where. */
export class RouteError extends Error {
  override readonly name = 'RouteError'
  readonly key: keyof Route

  constructor(key: keyof Route, message: string) {
    super(message)
    this.key = key
  }
}

/** A part of a name or path: fixed, or a variable for exactly one part of what is asked for. */
interface Part {
  readonly kind: 'text' | 'variable'
  readonly text: string
}

interface Target {
  readonly isSecure: boolean
  readonly host: readonly Part[]
  readonly port: number
  /** Undefined where nothing follows the host: the path is passed on as it is. */
  readonly path: readonly Part[] | undefined
}

/** A rule that is ready to be asked. */
export interface Rule {
  readonly method: string | undefined
  readonly path: readonly Part[] | undefined
  readonly host: readonly Part[] | undefined
  readonly target: Target
}

type Values = Map<string, string>

const any = '_'

/** Makes a rule of what is written. Throws RouteError. */
export function compileRoute({ host, path, method, upstream }: Route): Rule {
  const rule: Rule = {
    method: method === any ? undefined : method.toUpperCase(),
    path: path === any ? undefined : partsOf(path.split('/').filter(isSaid), 'path'),
    host: host === any ? undefined : partsOf(host.split('.').filter(isSaid), 'host'),
    target: targetOf(upstream),
  }
  const bound = new Set([...(rule.path ?? []), ...(rule.host ?? [])].filter(isVariable).map(({ text }) => text))
  const used = [...rule.target.host, ...(rule.target.path ?? [])].filter(isVariable)
  const unbound = used.find(({ text }) => !bound.has(text))
  if (unbound !== undefined) {
    throw new RouteError('upstream', `Neither host nor path of the rule has the variable :${unbound.text}.`)
  }
  return rule
}

/** Where the first rule that fits sends a request. */
export function firstMatch(rules: readonly Rule[], request: ProxyRequest): Upstream | undefined {
  for (const rule of rules) {
    const upstream = match(rule, request)
    if (upstream !== undefined) return upstream
  }
  return undefined
}

function targetOf(upstream: string): Target {
  const [, scheme = '', name = '', digits, path] =
    /^(https?):\/\/(\[[0-9a-f:.]+\]|[^/?#@\s]+?)(?::(\d+))?(\/[^?#\s]*)?$/i.exec(upstream) ?? []
  if (name === '') throw new RouteError('upstream', 'Expected "http://name:port/path" or the like with https.')
  const isSecure = scheme.toLowerCase() === 'https'
  const port = digits === undefined ? (isSecure ? 443 : 80) : Number(digits)
  if (port < 1 || port > 65_535) throw new RouteError('upstream', 'There is no such port.')
  const parts = path === undefined ? undefined : partsOf(path.slice(1).split('/'), 'upstream')
  return { isSecure, host: upstreamHost(name), port, path: parts }
}

function upstreamHost(name: string): Part[] {
  if (name.startsWith('[')) return [{ kind: 'text', text: name.slice(1, -1) }]
  const parts = partsOf(name.split('.').filter(isSaid), 'upstream')
  if (parts.length === 0 || parts.some((part) => !isVariable(part) && !isLabel(part.text))) {
    throw new RouteError('upstream', 'This is not a host name.')
  }
  return parts
}

function partsOf(texts: readonly string[], key: keyof Route): Part[] {
  return texts.map((text) => {
    if (!text.startsWith(':')) return { kind: 'text', text }
    if (text === ':') throw new RouteError(key, 'A variable needs a name after its colon.')
    return { kind: 'variable', text: text.slice(1) }
  })
}

function isVariable({ kind }: Part): boolean {
  return kind === 'variable'
}

function isSaid(text: string): boolean {
  return text !== ''
}

/** One part of a host name: nothing that would end the name, or make another one of it. */
function isLabel(text: string): boolean {
  return /^[\w-]+$/.test(text)
}

function match(rule: Rule, { method, authority, path, query }: ProxyRequest): Upstream | undefined {
  if (rule.method !== undefined && rule.method !== method) return undefined
  const asked = pathParts(path)
  const values: Values = new Map()
  const behind = rule.path?.length ?? 0
  if (!agree(rule.path ?? [], asked.slice(0, behind), values)) return undefined
  if (rule.host !== undefined && !agree(lowerCase(rule.host), hostParts(authority), values, isSameHost))
    return undefined
  const { target } = rule
  const labels = filled(target.host, values)
  if (target.host.some((part, index) => isVariable(part) && !isLabel(labels[index] ?? ''))) return undefined
  const sent = target.path === undefined ? asked : [...filled(target.path, values), ...asked.slice(behind)]
  const { isSecure, port } = target
  return { isSecure, hostname: labels.join('.'), port, path: `/${joined(sent)}${query}` }
}

/** The parts of a path, empty ones left out, but for that behind a slash at the end. */
function pathParts(path: string): string[] {
  return path.split('/').filter((part, index, all) => part !== '' || (index > 0 && index === all.length - 1))
}

function joined(parts: readonly string[]): string {
  return parts.filter((part, index) => part !== '' || index === parts.length - 1).join('/')
}

function hostParts(authority: string): string[] {
  return authority.toLowerCase().split('.').filter(isSaid)
}

function lowerCase(parts: readonly Part[]): Part[] {
  return parts.map((part) => (isVariable(part) ? part : { ...part, text: part.text.toLowerCase() }))
}

/** Whether parts are as the pattern says; variables get their values, and a second one of a name must have the same. */
function agree(pattern: readonly Part[], parts: readonly string[], values: Values, isSame = isEqual): boolean {
  if (pattern.length !== parts.length) return false
  return pattern.every((part, index) => {
    const given = parts[index] ?? ''
    if (!isVariable(part)) return part.text === given
    const known = values.get(part.text) ?? given
    values.set(part.text, known)
    return given !== '' && isSame(known, given)
  })
}

function isEqual(known: string, given: string): boolean {
  return known === given
}

function isSameHost(known: string, given: string): boolean {
  return known.toLowerCase() === given
}

function filled(parts: readonly Part[], values: Values): string[] {
  return parts.map((part) => (isVariable(part) ? (values.get(part.text) ?? '') : part.text))
}
