import { formatPath, type KeyPath } from './key-path.ts'
import type { LineIndex } from './locate.ts'

/** What kind of fault a configuration has: stable names that tools and tests may rely on. */
export type ProblemKind =
  | 'toml_parsing_failed'
  | 'file_not_found'
  | 'file_not_readable'
  | 'unexpected_key'
  | 'missing_mandatory_keys'
  | 'toml_processing_failed'
  | 'invalid_type'
  | 'out_of_range'
  | 'not_in_enum'
  | 'not_built_yet'
  | 'not_supported'
  | 'environment_variable_not_set'
  | 'duplicate_listeners'
  | 'undefined_shapers'
  | 'undefined_access_rule'
  | 'undefined_acl'
  | 'missing_section_for_auth_method'
  | 'pool_not_configured'
  | 'cluster_without_database_server'
  | 'not_in_cluster'
  | 'invalid_worker_pool_strategy_option'
  | 'hosts_not_unique_or_empty'
  | 'unknown_domain'
  | 'dynamic_domains_not_supported'
  | 'tls_certfile_without_keyfile'
  | 'tls_certificate_unusable'
  | 'tls_certificate_expired'
  | 'tls_certificate_does_not_cover'
  | 'tls_version_refused'
  | 'plain_without_tls'
  | 'open_admin_api'
  | 'tls_keys_logged'
  | 'no_mechanism_left'
  | 'uploads_not_served'
  | 'both_username_and_password_required'
  | 'renamed_key'
  | 'no_effect'
  | 'default_used'

/** One fault of a configuration. */
export interface Problem {
  readonly what: ProblemKind
  /** The file as the operator named it. */
  readonly file: string
  /** Counted from 1; absent when the place is not written in the file. */
  readonly line?: number
  /** The key path as it is written in the file, `''` for the file as a whole. */
  readonly path: string
  /** The offending value; absent where there is none or where it is a secret. */
  readonly value?: unknown
  /** One plain sentence. */
  readonly message: string
  /** What was probably meant, or what to do. */
  readonly hint?: string
}

/** Something worth telling that does not stop the start: `notice` for accepted settings, `warning` for doubtful ones. */
export interface Notice extends Problem {
  readonly level: 'notice' | 'warning'
}

/** Thrown when a configuration cannot be used; carries every fault that was found, in the order of the file. */
export class ConfigErrors extends Error {
  readonly errors: readonly Problem[]
  readonly notices: readonly Notice[]

  constructor(errors: readonly Problem[], notices: readonly Notice[] = [], options?: ErrorOptions) {
    super(formatProblems(errors), options)
    this.name = 'ConfigErrors'
    this.errors = errors
    this.notices = notices
  }
}

/** Writes one fault as a block: place and kind, the sentence, then value and hint where there are any. */
export function formatProblem(problem: Problem): string {
  const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`
  const lines = [`${place}: ${problem.what}${problem.path === '' ? '' : `: ${problem.path}`}`, `    ${problem.message}`]
  if (problem.value !== undefined) lines.push(`    value: ${showValue(problem.value)}`)
  if (problem.hint !== undefined) lines.push(`    hint: ${problem.hint}`)
  return lines.join('\n')
}

/** Writes a list of faults, a block each, with a count at the end. */
export function formatProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? '1 error' : `${problems.length} errors`
  return [...problems.map(formatProblem), `${count} in the configuration`].join('\n')
}

function showValue(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner))
  return text !== undefined && text.length > 200 ? `${text.slice(0, 200)}…` : String(text)
}

/** What a finding says besides its kind and place. */
export interface Finding {
  message: string
  value?: unknown
  hint?: string
}

/** Collects what is found while a configuration is read, and knows how each place is written in the file. */
export class Report {
  readonly file: string
  readonly #lines: LineIndex | undefined
  readonly #errors: Problem[] = []
  readonly #notices: Notice[] = []
  readonly #written: { now: KeyPath; written: KeyPath }[] = []
  /** The file has a key that only MongooseIM 4.0.0 knows: where the generations differ, it is read as that one does. */
  isEra40 = false

  constructor(file: string, lines?: LineIndex) {
    this.file = file
    this.#lines = lines
  }

  /** Remembers that what stands at `now` after translation is written at `written` in the file. */
  moved(now: KeyPath, written: KeyPath): void {
    this.#written.push({ now, written: this.written(written) })
  }

  /** The path under which a translated place is written in the file. */
  written(path: KeyPath): KeyPath {
    let best: { now: KeyPath; written: KeyPath } | undefined
    for (const entry of this.#written) {
      const fits = entry.now.length <= path.length && entry.now.every((part, index) => part === path[index])
      if (fits && (best === undefined || entry.now.length >= best.now.length)) best = entry
    }
    return best === undefined ? path : [...best.written, ...path.slice(best.now.length)]
  }

  error(what: ProblemKind, path: KeyPath, finding: Finding): void {
    this.#errors.push(this.#problem(what, path, finding))
  }

  warning(what: ProblemKind, path: KeyPath, finding: Finding): void {
    this.#notices.push({ level: 'warning', ...this.#problem(what, path, finding) })
  }

  notice(what: ProblemKind, path: KeyPath, finding: Finding): void {
    this.#notices.push({ level: 'notice', ...this.#problem(what, path, finding) })
  }

  get hasErrors(): boolean {
    return this.#errors.length > 0
  }

  /** Everything found, in the order of the file; what has no line comes last. */
  get errors(): Problem[] {
    return [...this.#errors].sort(byLine)
  }

  get notices(): Notice[] {
    return [...this.#notices].sort(byLine)
  }

  #problem(what: ProblemKind, path: KeyPath, finding: Finding): Problem {
    const written = this.written(path)
    const line = this.#lines?.lineOf(written)
    return {
      what,
      file: this.file,
      ...(line === undefined ? {} : { line }),
      path: formatPath(written),
      ...(finding.value === undefined ? {} : { value: finding.value }),
      message: finding.message,
      ...(finding.hint === undefined ? {} : { hint: finding.hint }),
    }
  }
}

function byLine(a: Problem, b: Problem): number {
  return (a.line ?? Number.POSITIVE_INFINITY) - (b.line ?? Number.POSITIVE_INFINITY) || 0
}
