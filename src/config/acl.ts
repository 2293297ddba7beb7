import { prepareDomain, prepareLocal, prepareResource } from '../jid/prepare.ts'
import type { Access, Acl } from './schema.ts'

/** What a rule may give: `allow`, `deny`, a number (`Infinity` for "infinity"), or the name of a shaper. */
export type AccessValue = string | number

/** The parts of an address that access rules look at, prepared; a `Jid` fits. */
export interface AccessSubject {
  readonly local: string
  readonly domain: string
  readonly resource: string
}

type Test = (user: AccessSubject, domain: string | undefined) => boolean

/** The tables that rules are made from. */
export interface AccessTables {
  readonly acl: Acl
  readonly access: Access
  /** Whether a domain is hosted here. */
  isHosted(domain: string): boolean
}

interface CompiledClause {
  readonly test: Test
  readonly value: AccessValue
}

/**
 * The rules of the `access` section over the classes of the `acl` section. A rule is evaluated for a user and the
 * domain whose rules are asked; without a domain, patterns for "the current domain" match nobody.
 */
export class AccessRules {
  #classes: ReadonlyMap<string, Test>
  #rules: ReadonlyMap<string, readonly CompiledClause[]>

  constructor(config: AccessTables) {
    this.#classes = compileClasses(config)
    this.#rules = compileRules(config, this.#classes)
  }

  /** Other rules from now on. */
  replace(config: AccessTables): void {
    this.#classes = compileClasses(config)
    this.#rules = compileRules(config, this.#classes)
  }

  /** Whether a rule is defined, or built in. */
  has(rule: string): boolean {
    return this.#rules.has(rule)
  }

  /** Whether the user is of a class of the `acl` section; nobody is of one that does not exist. */
  isOfClass(name: string, user: AccessSubject, domain?: string): boolean {
    return this.#classes.get(name)?.(user, domain) ?? false
  }

  /** The value of the first clause whose class the user has; `deny` when there is none, or no such rule. */
  evaluate(rule: string, user: AccessSubject, domain?: string): AccessValue {
    for (const clause of this.#rules.get(rule) ?? []) {
      if (clause.test(user, domain)) return clause.value
    }
    return 'deny'
  }

  /** Whether the rule gives anything but `deny`. */
  allows(rule: string, user: AccessSubject, domain?: string): boolean {
    return this.evaluate(rule, user, domain) !== 'deny'
  }

  /** The number a rule gives, `fallback` where the rule is not defined or gives no number. */
  limit(rule: string, user: AccessSubject, domain: string | undefined, fallback: number): number {
    const value = this.evaluate(rule, user, domain)
    return typeof value === 'number' ? value : fallback
  }
}

function compileClasses(config: AccessTables): ReadonlyMap<string, Test> {
  const classes = new Map<string, Test>([
    ['all', () => true],
    ['none', () => false],
  ])
  for (const [name, patterns] of Object.entries(config.acl)) {
    const tests = patterns.map((pattern) => compilePattern(pattern, config.isHosted))
    classes.set(name, (user, domain) => tests.some((test) => test(user, domain)))
  }
  return classes
}

function compileRules(
  config: AccessTables,
  classes: ReadonlyMap<string, Test>,
): ReadonlyMap<string, readonly CompiledClause[]> {
  const rules = new Map<string, readonly CompiledClause[]>()
  rules.set('all', [{ test: () => true, value: 'allow' }])
  rules.set('none', [])
  for (const [name, clauses] of Object.entries(config.access)) {
    rules.set(
      name,
      clauses.map((clause) => ({ test: classes.get(clause.acl) ?? (() => false), value: clause.value })),
    )
  }
  return rules
}

type Pattern = Acl[string][number]

/** All conditions of one pattern must hold. */
function compilePattern(pattern: Pattern, isHosted: AccessTables['isHosted']): Test {
  const tests: Test[] = [scope(pattern, isHosted)]
  const parts = [
    { part: 'local', key: 'user', prepare: prepareLocal },
    { part: 'domain', key: 'server', prepare: prepareDomain },
    { part: 'resource', key: 'resource', prepare: prepareResource },
  ] as const
  for (const { part, key, prepare } of parts) {
    const wanted = pattern[key]
    const expression = pattern[`${key}_regexp`]
    const glob = pattern[`${key}_glob`]
    if (wanted !== undefined) {
      const prepared = preparedOr(wanted, prepare)
      tests.push((user) => user[part] === prepared)
    }
    if (expression !== undefined) tests.push((user) => expression.test(user[part]))
    if (glob !== undefined) {
      const whole = globToRegExp(glob)
      tests.push((user) => whole.test(user[part]))
    }
  }
  return (user, domain) => tests.every((test) => test(user, domain))
}

/** Which users are considered: a pattern that names servers speaks for itself unless it also says `match`. */
function scope(pattern: Pattern, isHosted: AccessTables['isHosted']): Test {
  const namesServer = [pattern.server, pattern.server_regexp, pattern.server_glob].some((key) => key !== undefined)
  switch (pattern.match ?? (namesServer ? 'all' : 'current_domain')) {
    case 'all':
      return () => true
    case 'none':
      return () => false
    case 'any_hosted_domain':
      return (user) => isHosted(user.domain)
    case 'current_domain':
      return (user, domain) => user.domain === domain
  }
}

function preparedOr(text: string, prepare: (text: string) => string): string {
  try {
    return prepare(text)
  } catch {
    return text
  }
}

/** A shell pattern for a whole string: `*`, `?` and `[a-z]`, `[!a-z]`. */
export function globToRegExp(glob: string): RegExp {
  let source = ''
  for (let at = 0; at < glob.length; at++) {
    const next = glob[at] ?? ''
    const end = next === '[' ? glob.indexOf(']', at + 2) : -1
    if (next === '*') source += '.*'
    else if (next === '?') source += '.'
    else if (end > 0) {
      const inner = glob
        .slice(at + 1, end)
        .replace(/[\\\]^[]/g, (character, offset: number) =>
          offset === 0 && character === '^' ? '^' : `\\${character}`,
        )
      source += `[${inner.replace(/^!/, '^')}]`
      at = end
    } else source += next.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
  }
  return new RegExp(`^${source}$`, 'su')
}
