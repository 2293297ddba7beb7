import type { z } from 'zod'
import { Jid } from '../jid/jid.ts'
import { CommandError, UsageError } from './command-error.ts'
import { inputFromText } from './command-input.ts'

/** How far a long command is. */
export interface Progress {
  readonly done: number
  readonly total: number
}

/** What one call brings along. */
export interface CommandCall {
  /** The user who gives it, for the own account; undefined: an admin. */
  readonly user?: Jid | undefined
  /** Told now and then how far the command is. */
  progress?(progress: Progress): void
}

/** Who may give a command: only admins, or users for their own account too. */
export type CommandScope = 'admin' | 'user'

/** One admin command, declared once for the command line, REST, GraphQL and ad-hoc commands. */
export interface Command<Server, Input extends z.ZodObject = z.ZodObject, Output extends z.ZodType = z.ZodType> {
  /** `category.name`, such as `account.registerUser`. */
  readonly name: string
  /** One sentence for help and reference. */
  readonly about: string
  readonly input: Input
  readonly output: Output
  readonly scope: CommandScope
  /** The argument that says for whom it is done: users are filled in there, and may name nobody else. */
  readonly own?: string
  /** Whether it changes anything. */
  readonly changes: boolean
  /** Works on a stopped server too, on its database. */
  readonly offline: boolean
  run(input: z.output<Input>, server: Server, call: CommandCall): Promise<z.input<Output>> | z.input<Output>
}

/** What `command()` takes: `changes` and `offline` may be left out. */
export type CommandDeclaration<Server, Input extends z.ZodObject, Output extends z.ZodType> = Omit<
  Command<Server, Input, Output>,
  'changes' | 'offline' | 'own'
> & { readonly changes?: boolean; readonly offline?: boolean; readonly own?: string & keyof z.input<Input> }

/**
 * Declares a command; the types of `input` and `output` follow from their schemas. `Server` is what it works on, given
 * by whoever registers it.
 */
export function command<Server, Input extends z.ZodObject, Output extends z.ZodType>(
  declaration: CommandDeclaration<Server, Input, Output>,
): Command<Server> {
  // A registry holds commands of all types; input is parsed with the command's own schema right before it runs.
  return { changes: false, offline: false, ...declaration } as unknown as Command<Server>
}

/** A registered command, bound to what it works on. */
export interface RegisteredCommand {
  readonly owner: string
  readonly declaration: Command<never>
  run(input: Readonly<Record<string, unknown>>, call: CommandCall): Promise<unknown>
}

/** Who gives a command on the command line. */
export interface LineCaller {
  /** As whom, where that is said. */
  readonly auth?: { readonly user: string; readonly host: string; readonly password: string } | undefined
}

/** Throws CommandError where somebody may not give a command with this input. */
export type CommandGuard = (name: string, input: Readonly<Record<string, unknown>>, caller: LineCaller) => Promise<void>

/** How a command is called: whether the input has values as in JSON, or texts as typed on a command line. */
export interface RunOptions extends CommandCall {
  readonly form?: 'json' | 'text'
  /** Given on the command line, where there may be a guard. */
  readonly caller?: LineCaller
}

/** What those need who only give commands. */
export type CommandRunner = Pick<CommandRegistry, 'get' | 'run'>

/** All commands of a server by `category.name`. */
export class CommandRegistry {
  readonly #commands = new Map<string, RegisteredCommand>()
  #guard: CommandGuard = async () => {}
  #whyMissing: (name: string) => Promise<CommandError | undefined> = async () => undefined

  /**
   * Adds commands of one owner (a module or a room), bound to `server`. Answers a function that takes them out again.
   * Throws when a name is taken.
   */
  register<Server>(owner: string, commands: readonly Command<Server>[], server: Server): () => void {
    for (const { name } of commands) {
      if (!/^[a-z][A-Za-z_]*\.[a-z][A-Za-z]*$/.test(name)) throw new Error(`Not a command name: ${name}`)
      const taken = this.#commands.get(name)
      if (taken !== undefined) throw new Error(`The command ${name} of ${owner} is already there, from ${taken.owner}`)
    }
    for (const declaration of commands) {
      this.#commands.set(declaration.name, {
        owner,
        declaration: declaration as Command<never>,
        run: async (input, call) => await declaration.run(input, server, call),
      })
    }
    return () => {
      for (const { name } of commands) this.#commands.delete(name)
    }
  }

  /** Asks `reason` about each command that is called and not there. */
  explainMissing(reason: (name: string) => Promise<CommandError | undefined>): void {
    this.#whyMissing = reason
  }

  /** Has `guard` asked before anything is done for the command line. */
  guardWith(guard: CommandGuard): void {
    this.#guard = guard
  }

  /** Rejects with CommandError where the command line may not do this. */
  permit(name: string, input: Readonly<Record<string, unknown>>, caller: LineCaller): Promise<void> {
    return this.#guard(name, input, caller)
  }

  /** Takes out everything of one owner. */
  unregister(owner: string): void {
    for (const [name, entry] of this.#commands) if (entry.owner === owner) this.#commands.delete(name)
  }

  get(name: string): RegisteredCommand | undefined {
    return this.#commands.get(name)
  }

  /** Every command, sorted by name. */
  list(): RegisteredCommand[] {
    return [...this.#commands.values()].sort((a, b) => (a.declaration.name < b.declaration.name ? -1 : 1))
  }

  /**
   * Runs a command. Throws `UsageError` for wrong calls and `CommandError` when the command fails; `not_allowed` where it is not for
   * users, or a user names somebody else.
   */
  async run(name: string, input: unknown, options: RunOptions = {}): Promise<unknown> {
    const entry = this.#commands.get(name)
    if (entry === undefined) throw await this.#missing(name)
    const { declaration } = entry
    const read = options.form === 'text' ? inputFromText(declaration.input, input) : (input ?? {})
    const given = options.user === undefined ? read : forUser(options.user, declaration, read)
    const parsed = declaration.input.safeParse(given)
    if (!parsed.success) throw new UsageError('input_coercion', sentences(parsed.error, given))
    if (options.caller !== undefined) await this.permit(declaration.name, parsed.data, options.caller)
    const result = await entry.run(parsed.data, options)
    // An answer that its own declaration does not know is a fault of the command, not of the caller.
    return declaration.output.parse(result)
  }

  async #missing(name: string): Promise<CommandError> {
    return (await this.#whyMissing(name)) ?? new UsageError('unknown_command', `There is no command ${name}.`)
  }
}

/** The input of a command that a user gives. */
function forUser(user: Jid, { name, scope, own }: Command<never>, input: unknown): unknown {
  if (scope !== 'user') throw new CommandError('not_allowed', `Only admins may give the command ${name}.`)
  if (own === undefined) return input
  const named = (input as Readonly<Record<string, unknown>>)[own] ?? user.bareString
  if (Jid.tryParse(String(named))?.bareString === user.bareString) return { ...(input as object), [own]: named }
  throw new CommandError('not_allowed', `Argument ${own}: users give this command for themselves.`)
}

function sentences(error: z.ZodError, given: unknown): string {
  const parts = error.issues.map((issue) => {
    const name = issue.path.join('.')
    if (issue.code === 'unrecognized_keys') return `Unknown argument: ${issue.keys.join(', ')}.`
    const isMissing = issue.path.length === 1 && !Object.hasOwn(Object(given), name)
    return isMissing ? `Missing argument: ${name}.` : `Argument ${name}: ${issue.message}`
  })
  return parts.join(' ')
}
