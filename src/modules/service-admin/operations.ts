import type { CommandRunner } from '../../module/command.ts'
import { CommandError, UsageError } from '../../module/command-error.ts'
import { type ErrorCondition, StanzaError } from '../../stanza/stanza-error.ts'

/** What the codes of admin commands are in the errors of XMPP (XEP-0133 §5); others are `not-acceptable`. */
const conditions: Readonly<Record<string, ErrorCondition>> = {
  deps_not_loaded: 'feature-not-implemented',
  not_restartable: 'feature-not-implemented',
  domain_not_found: 'item-not-found',
  user_does_not_exist: 'item-not-found',
  user_not_exist: 'item-not-found',
  user_not_found: 'item-not-found',
  not_found: 'item-not-found',
  no_session: 'item-not-found',
  exists: 'conflict',
  not_allowed: 'not-allowed',
  cannot_register: 'not-allowed',
  limit_per_domain_exceeded: 'not-allowed',
}

/** Gives admin commands, whose failures become stanza errors. */
export class Operations {
  readonly #commands: CommandRunner

  constructor(commands: CommandRunner) {
    this.#commands = commands
  }

  /** Throws `feature-not-implemented` for a command that this server does not have. */
  mustHave(...names: readonly string[]): void {
    const missing = names.find((name) => this.#commands.get(name) === undefined)
    if (missing === undefined) return
    throw new StanzaError('feature-not-implemented', { text: `This server has no command ${missing}` })
  }

  /** Runs a command. The caller knows what its output looks like. */
  async run<T>(name: string, input: Readonly<Record<string, unknown>>): Promise<T> {
    this.mustHave(name)
    try {
      return (await this.#commands.run(name, input)) as T
    } catch (cause) {
      if (!(cause instanceof CommandError)) throw cause
      const condition = cause instanceof UsageError ? 'not-acceptable' : (conditions[cause.code] ?? 'not-acceptable')
      throw new StanzaError(condition, { text: cause.message, cause })
    }
  }

  /** As {@link run}; undefined where the command fails with one of these codes. */
  async find<T>(name: string, input: Readonly<Record<string, unknown>>, ...codes: string[]): Promise<T | undefined> {
    try {
      return await this.run<T>(name, input)
    } catch (error) {
      const cause = error instanceof StanzaError ? error.cause : undefined
      if (cause instanceof CommandError && codes.includes(cause.code)) return undefined
      throw error
    }
  }
}
