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

/** Compiles what `build` makes, once, and returns something that runs it with values. */
export function prepare<T, P, Output>(
  q: Kysely<T>,
  run: RunQuery,
  build: (q: Kysely<T>, p: Params<P>) => Compilable<Output>,
): PreparedQuery<P, RowOf<Output>> {
  const place = (name: string) => new Place(name)
  return new Prepared<P, RowOf<Output>>(build(q, place as unknown as Params<P>).compile(), run)
}

class Prepared<P, Row> implements PreparedQuery<P, Row> {
  readonly #compiled: CompiledQuery
  readonly #sql: string
  readonly #template: readonly unknown[]
  readonly #run: RunQuery

  constructor(compiled: CompiledQuery, run: RunQuery) {
    this.#compiled = compiled
    this.#sql = compiled.sql
    this.#template = compiled.parameters
    this.#run = run
  }

  run(params: P): Promise<Result<Row>> {
    return this.#run({ sql: this.#sql, parameters: this.#fill(params) }) as Promise<Result<Row>>
  }

  async all(params: P): Promise<Row[]> {
    return (await this.run(params)).rows
  }

  async first(params: P): Promise<Row | undefined> {
    return (await this.run(params)).rows[0]
  }

  with(params: P): Compilable<Row> {
    const compiled = { ...this.#compiled, parameters: this.#fill(params) } as CompiledQuery<Row>
    return { compile: () => compiled }
  }

  #fill(params: P): unknown[] {
    const values = params as Record<string, unknown>
    return this.#template.map((value) => (value instanceof Place ? values[value.name] : value))
  }
}
