import type { CommandRunner } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { Report } from '../../net/connection.ts'
import type { Caller } from './authorise.ts'
import { type Args, type Done, doneByUser } from './own-account.ts'
import type { Operation, Uses } from './tags.ts'

/** What operations are done with. */
export interface OperatorParts {
  readonly commands: CommandRunner
  /** The services that the configuration names. */
  readonly services: () => ReadonlySet<string>
  /** Is told what is our own fault. */
  readonly report: Report
  /** Is told what has been done after its request was answered. */
  readonly tell: Report
}

/** How an operation of a schema is done; that of administrators has the commands themselves. */
export function doneBy(schema: 'admin' | 'user', { name }: Operation): Done {
  return schema === 'user' ? doneByUser(name) : { command: name }
}

/** Does what is asked for by commands. Throws CommandError. */
export class Operator {
  readonly #parts: OperatorParts

  constructor(parts: OperatorParts) {
    this.#parts = parts
  }

  async perform(operation: Operation, args: Args, caller: Caller): Promise<unknown> {
    const { commands } = this.#parts
    this.requireServices(operation.uses)
    const user = caller.is === 'user' ? caller.jid : undefined
    const done = doneBy(user === undefined ? 'admin' : 'user', operation)
    if (commands.get(done.command) === undefined) throw notLoaded(operation.uses)
    const input = withoutNulls(user === undefined ? args : (done.input?.(args, user) ?? args))
    if (operation.name === 'account.importUsers') return this.#schedule(done.command, input)
    const result = (await commands.run(done.command, input, { user })) as never
    return done.answer === undefined ? result : done.answer(result)
  }

  /** Throws CommandError `deps_not_loaded` where the configuration does not name a service that is needed. */
  requireServices({ services: needed }: Uses): void {
    const known = this.#parts.services()
    const services = needed.filter((name) => !known.has(name))
    if (services.length > 0) throw notLoaded({ modules: [], services, databases: [] })
  }

  /** Begins what takes too long for a request to wait for. */
  #schedule(command: string, input: unknown): { status: string } {
    const { commands, tell } = this.#parts
    commands.run(command, input).then(
      (result) => {
        const counts = Object.entries(Object(result) as Args).flatMap(([name, list]) =>
          Array.isArray(list) ? [[name, list.length] as const] : [],
        )
        tell({ what: 'scheduled_command_done', command, ...Object.fromEntries(counts) })
      },
      (error: unknown) => tell({ what: 'scheduled_command_failed', command, error }),
    )
    return { status: 'ImportUsers scheduled' }
  }
}

function notLoaded({ modules, services, databases }: Uses): CommandError {
  const context = Object.entries({
    not_loaded_modules: modules,
    not_loaded_services: services,
    not_loaded_internal_databases: databases,
  }).filter(([, names]) => names.length > 0)
  const names = [...modules, ...services, ...databases].join(', ')
  const message = names === '' ? 'This server does not have it' : `Some of the required parts are not loaded: ${names}`
  return new CommandError('deps_not_loaded', message, Object.fromEntries(context))
}

/** A null says as much as leaving something out does. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((each) => each !== null).map(withoutNulls)
  if (value === null || typeof value !== 'object') return value
  const kept = Object.entries(value).filter(([, each]) => each !== null && each !== undefined)
  return Object.fromEntries(kept.map(([name, each]) => [name, withoutNulls(each)]))
}
