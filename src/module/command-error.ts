/** A command that could not do what it was asked; `code` is stable and meant for programs. */
export class CommandError extends Error {
  readonly code: string
  /** What the error is about, such as the address. */
  readonly context: Readonly<Record<string, unknown>>

  constructor(code: string, message: string, context: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CommandError'
    this.code = code
    this.context = context
  }
}

/** A command that was called wrongly: unknown, or with missing, unknown or malformed arguments. */
export class UsageError extends CommandError {
  constructor(code: 'unknown_command' | 'input_coercion', message: string, options?: ErrorOptions) {
    super(code, message, {}, options)
    this.name = 'UsageError'
  }
}
