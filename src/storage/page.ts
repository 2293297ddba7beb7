import type { SelectQueryBuilder } from 'kysely'
import type { AnyTables, Page, PageRequest } from './database.ts'

type Select<Row> = SelectQueryBuilder<AnyTables, string, Row>

/** Reads a page by an integer key; see `Database.page`. The queries of a page travel together. */
export async function readPage<Row>(query: Select<Row>, key: string, request: PageRequest): Promise<Page<Row>> {
  const { max } = request
  const counting = request.count === true ? countRows(query) : undefined
  const backwards = request.before !== undefined
  const found = max > 0 ? await slice(query, key, request).execute() : []
  const rows = found.slice(0, max)
  if (backwards) rows.reverse()
  const [first] = rows
  const indexing = counting && first !== undefined ? countRows(query.where(key, '<', keyOf(first, key))) : undefined
  const count = await counting
  return { rows, isLast: max > 0 ? found.length <= max : count === 0, count, index: await indexing }
}

/** One row more than asked for tells whether there are more. */
function slice<Row>(query: Select<Row>, key: string, { max, after, before }: PageRequest): Select<Row> {
  let part = query.limit(max + 1)
  if (after !== undefined) part = part.where(key, '>', after)
  if (typeof before === 'number') part = part.where(key, '<', before)
  return part.orderBy(key, before === undefined ? 'asc' : 'desc')
}

async function countRows<Row>(query: Select<Row>): Promise<number> {
  const counted = query.clearSelect().select((eb) => eb.fn.countAll<number>().as('rows'))
  return (await counted.executeTakeFirstOrThrow()).rows
}

function keyOf(row: unknown, key: string): number {
  const value = (row as Record<string, unknown>)[key.slice(key.lastIndexOf('.') + 1)]
  if (typeof value !== 'number')
    throw new TypeError(`a page by ${key} needs that integer column among the selected ones`)
  return value
}
