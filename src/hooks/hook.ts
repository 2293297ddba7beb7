/** What happens to a chain when one of its handlers throws: stop and refuse, or log and go on. */
export type FailurePolicy = 'abort' | 'continue'

/** How the answers of the handlers are put together; see {@link chain}, {@link collect}. */
export type HookKind = 'chain' | 'collect'

/**
 * A point in the server where modules take part. `E` is what a handler is told, `R` what it may answer.
 * It is a value, imported by those who fire it and those who join it; its slots give the order.
 */
export interface Hook<E, R> {
  readonly kind: HookKind
  /** What happened, for logs and `meerkat hooks`. */
  readonly name: string
  /** Names of the stages, in the order in which they run. */
  readonly slots: readonly string[]
  readonly onFailure: FailurePolicy
  /** Position of this hook in every {@link HookTable}. */
  readonly index: number
  /** Carries the types; never set. */
  readonly types?: { event: E; answer: R }
}

export interface HookOptions {
  slots: readonly string[]
  onFailure?: FailurePolicy
}

let count = 0

function define<E, R>(kind: HookKind, name: string, options: HookOptions): Hook<E, R> {
  return { kind, name, slots: options.slots, onFailure: options.onFailure ?? 'continue', index: count++ }
}

/** Handlers are asked one after another; the first answer that is not undefined ends the chain and is its outcome. */
export function chain<E, R = never>(name: string, options: HookOptions): Hook<E, R> {
  return define('chain', name, options)
}

/** All handlers are asked; the outcome is the list of their answers, in order. */
export function collect<E, R>(name: string, options: HookOptions): Hook<E, R> {
  return define('collect', name, options)
}
