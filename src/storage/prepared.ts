import type { Compilable, CompiledQuery, Kysely } from 'kysely'
import type { Params, PreparedQuery, Result, RowOf } from './database.ts'
import type { RunQuery } from './engine.ts'

/** Stands in a compiled query for a value that comes later. */
class Place {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** Returns something that runs what `build` makes with values. It is compiled once, when it is first used. */
export function prepare<T, P, Output>(
  q: Kysely<T>,
  run: RunQuery,
  build: (q: Kysely<T>, p: Params<P>) => Compilable<Output>,
): PreparedQuery<P, RowOf<Output>> {
  const place = (name: string) => new Place(name)
  return new Prepared<P, RowOf<Output>>(() => build(q, place as unknown as Params<P>).compile(), run)
}

class Prepared<P, Row> implements PreparedQuery<P, Row> {
  readonly #compile: () => CompiledQuery
  readonly #run: RunQuery
  #compiled: CompiledQuery | undefined

  constructor(compile: () => CompiledQuery, run: RunQuery) {
    this.#compile = compile
    this.#run = run
  }

  run(params: P): Promise<Result<Row>> {
    const query = this.#query
    return this.#run({ sql: query.sql, parameters: filled(query, params) }) as Promise<Result<Row>>
  }

  async all(params: P): Promise<Row[]> {
    return (await this.run(params)).rows
  }

  async first(params: P): Promise<Row | undefined> {
    return (await this.run(params)).rows[0]
  }

  with(params: P): Compilable<Row> {
    const query = this.#query
    const compiled = { ...query, parameters: filled(query, params) } as CompiledQuery<Row>
    return { compile: () => compiled }
  }

  get #query(): CompiledQuery {
    this.#compiled ??= this.#compile()
    return this.#compiled
  }
}

function filled({ parameters }: CompiledQuery, params: unknown): unknown[] {
  const values = params as Record<string, unknown>
  return parameters.map((value) => (value instanceof Place ? values[value.name] : value))
}
