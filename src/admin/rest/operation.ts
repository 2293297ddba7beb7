import type { CommandRunner } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ApiAnswer, ApiHandler, ApiMethod, ApiRequest, ApiResource } from '../../net/http-api.ts'
import { HttpError } from '../../net/http-exchange.ts'
import type { Argument, Values } from './argument.ts'
import { commandFailure } from './failure.ts'

/** Whose answers an API gives where they differ: of MongooseIM 4.0 to 5.1, or 6.0 to 6.5. */
export type Generation = '4.0' | '6'

/** What an operation may do. */
export interface OperationContext {
  readonly generation: Generation
  /** Gives a command, as an admin. */
  run<T>(command: string, input: object): Promise<T>
  /** Waits for an attempt; true when it was refused for this reason. */
  isRefused(reason: string, attempt: Promise<unknown>): Promise<boolean>
  /** Waits for a removal. For MongooseIM 4.0 what is not there, which is this reason, is as good as removed. */
  mayBeGone(reason: string, removal: Promise<unknown>): Promise<void>
  /** The path of something in this API. */
  location(...segments: readonly string[]): string
}

type Arguments = Readonly<Record<string, Argument>>

/** One thing that an API does: where, with what, and by which commands. */
export interface Operation<A extends Arguments = Arguments> {
  /** As MongooseIM names it. */
  readonly name: string
  readonly method: ApiMethod
  /** Patterns below the path of the API, the usual one first; what a path lacks stands in the body or query. */
  readonly paths: readonly [string, ...string[]]
  /** One sentence. */
  readonly about: string
  readonly arguments: A
  /** Statuses of reasons that are others than usual. */
  readonly statuses?: Readonly<Record<string, number>>
  run(given: Values<A>, context: OperationContext): Promise<ApiAnswer>
}

/** Declares an operation; the types of what it is given follow from its arguments. */
export function operation<A extends Arguments>(declaration: Operation<A>): Operation {
  // A table holds operations of all arguments; each reads its own right before it runs.
  return declaration as unknown as Operation
}

/** Nothing to tell. */
export const done: ApiAnswer = { status: 204 }

/** What was asked for. */
export function found(json: unknown): ApiAnswer {
  return { status: 200, json }
}

/** Something new at this place. */
export function created(location: string, text: string): ApiAnswer {
  return { status: 201, text, headers: { location } }
}

/** Where operations are served. */
export interface OperationPlace {
  /** Path of the API. */
  readonly prefix: string
  readonly generation: Generation
  readonly commands: CommandRunner
}

/** The resources of operations: those of one path are one. */
export function resourcesOf(
  operations: readonly Operation[],
  place: OperationPlace,
  isThere: () => boolean = () => true,
): ApiResource<unknown>[] {
  const byPath = new Map<string, Partial<Record<ApiMethod, ApiHandler<unknown>>>>()
  for (const each of operations) {
    for (const path of each.paths) {
      const methods = byPath.get(path) ?? {}
      if (methods[each.method] !== undefined) throw new Error(`${each.method} ${path} is declared twice`)
      byPath.set(path, { ...methods, [each.method]: (request: ApiRequest<unknown>) => answer(each, request, place) })
    }
  }
  return [...byPath].map(([path, methods]) => ({ path, methods, isThere }))
}

async function answer(
  { arguments: declared, paths, statuses, run }: Operation,
  request: ApiRequest<unknown>,
  place: OperationPlace,
): Promise<ApiAnswer> {
  const given = readArguments(declared, paths[0], await textsAndValues(request))
  try {
    return await run(given, contextOf(place))
  } catch (error) {
    const failure = commandFailure(error, statuses)
    if (failure === undefined) throw error
    return failure
  }
}

function contextOf({ prefix, generation, commands }: OperationPlace): OperationContext {
  return {
    generation,
    run: async <T>(command: string, input: object) => (await commands.run(command, input)) as T,
    isRefused,
    async mayBeGone(reason, removal) {
      if (generation === '4.0') await isRefused(reason, removal)
      else await removal
    },
    location: (...segments) => [prefix, ...segments.map(encodeURIComponent)].join('/'),
  }
}

async function isRefused(reason: string, attempt: Promise<unknown>): Promise<boolean> {
  try {
    await attempt
    return false
  } catch (error) {
    if (error instanceof CommandError && error.code === reason) return true
    throw error
  }
}

/** Everything that a request gives, wherever it stands. Throws 400 for what is given twice. */
async function textsAndValues({ params, query, json }: ApiRequest<unknown>): Promise<Map<string, unknown>> {
  const body = (await json()) ?? {}
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HttpError(400, 'The body must be an object')
  }
  const given = new Map<string, unknown>(Object.entries(params))
  for (const [name, value] of [...query, ...Object.entries(body)]) {
    if (given.has(name)) throw new HttpError(400, `Argument given twice: ${name}`)
    given.set(name, value)
  }
  return given
}

/** The arguments of an operation. Throws 404 without one that the usual path has, and 400 for whatever else is wrong. */
function readArguments(declared: Arguments, usualPath: string, given: ReadonlyMap<string, unknown>): Values<Arguments> {
  const unknown = [...given.keys()].find((name) => !Object.hasOwn(declared, name))
  if (unknown !== undefined) throw new HttpError(400, `Unknown argument: ${unknown}`)
  const missing = Object.entries(declared).find(([name, { isOptional }]) => !isOptional && !given.has(name))
  if (missing !== undefined) {
    const [name, { about }] = missing
    if (usualPath.split('/').includes(`:${name}`)) throw new HttpError(404, 'Wrong number of arguments')
    throw new HttpError(400, `Missing ${about}`)
  }
  const values = [...given].map(([name, value]) => {
    const { about, read } = declared[name] as Argument
    const found = read(value)
    if (found === undefined) throw new HttpError(400, `Invalid ${about}`)
    return [name, found] as const
  })
  return Object.fromEntries(values)
}
