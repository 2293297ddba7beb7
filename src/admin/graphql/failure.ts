import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { CommandError } from '../../module/command-error.ts'

/** A request that is refused as a whole: nothing of it is done. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number
  readonly errors: readonly GraphQLFormattedError[]
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    errors: readonly GraphQLFormattedError[],
    headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(errors[0]?.message ?? '', options)
    this.status = status
    this.errors = errors
    this.headers = headers
  }
}

/** A refusal for one reason. */
export function refused(status: number, code: string, message: string, options?: ErrorOptions): Refused {
  return new Refused(status, [{ message, extensions: { code } }], {}, options)
}

/** A refusal for what GraphQL itself has found wrong. */
export function refusedBy(errors: readonly GraphQLError[], code: string): Refused {
  const shown = errors.map((each) => withCode(each, code))
  return new Refused(400, shown, {}, { cause: errors[0] })
}

/** Does something that may fail with an error of GraphQL, which becomes a refusal. */
export function refusing<T>(code: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw error instanceof GraphQLError ? refusedBy([error], code) : error
  }
}

/** An error of GraphQL with a code, which it may have already. */
export function withCode(error: GraphQLError, code: string): GraphQLFormattedError {
  const shown = error.toJSON()
  return { ...shown, extensions: { code, ...shown.extensions } }
}

/** What a command has failed with, as its field tells it; undefined where that is our own fault. */
export function commandFailure(error: unknown): GraphQLError | undefined {
  if (!(error instanceof CommandError)) return undefined
  return new GraphQLError(error.message, { originalError: error, extensions: { code: error.code, ...error.context } })
}
