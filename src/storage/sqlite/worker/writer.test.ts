import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Connection, connect } from '../driver.ts'
import { type AnswersMessage, type Cell, JOB_ATOMIC, JOB_QUERY, JOB_VERB, type JobMessage } from '../wire.ts'
import { Answers } from './answers.ts'
import { WalKeeper } from './wal-keeper.ts'
import { Writer } from './writer.ts'

const BIG = 'x'.repeat(3000)
const INSERT = 'insert into t (v) values (?)'
const COUNT = 'select count(*) from t'

/** A writer in this thread, on a database in memory whose number of pages can be limited: SQLite's "disk is full". */
class Bench {
  readonly connection: Connection = connect(':memory:', {})
  readonly answers: AnswersMessage[] = []
  readonly writer: Writer
  readonly #numbers = new Map<string, number>()
  #lastId = 0

  constructor(flush: { flushInterval: number; flushRows: number } = { flushInterval: 5, flushRows: 100 }) {
    this.connection.exec('create table t (id integer primary key, v text unique)')
    const answers = new Answers((message) => this.answers.push(message))
    this.writer = new Writer({ connection: this.connection, answers, wal: new WalKeeper(this.connection), ...flush })
  }

  query(sql: string, ...values: Cell[]): JobMessage {
    return [JOB_QUERY, ++this.#lastId, this.#ref(sql), values]
  }

  group(...steps: [sql: string, value: Cell][]): JobMessage {
    return [JOB_ATOMIC, ++this.#lastId, steps.map(([sql, value]) => [this.#ref(sql), [value], false, false] as const)]
  }

  verb(verb: 'begin' | 'end' | 'undo' | 'close'): JobMessage {
    return [JOB_VERB, ++this.#lastId, verb, '']
  }

  send(...jobs: JobMessage[]): void {
    this.writer.receive({ jobs, blobs: undefined, forget: 0 })
    this.writer.idle()
  }

  fill(): void {
    const used = this.connection.pragma('page_count', { simple: true }) as number
    this.connection.pragma(`max_page_count = ${used}`)
  }

  makeRoom(): void {
    this.connection.pragma('max_page_count = 100000')
  }

  /** Ids answered so far, in order, by kind. */
  get written(): number[] {
    return this.answers.flatMap(({ writes }) => writes.filter((_, i) => i % 3 === 0))
  }

  get read(): unknown[] {
    return this.answers.flatMap(({ results }) => results.map(([id, outcomes]) => [id, outcomes[0]?.[3]?.[0]?.[0]]))
  }

  get refused(): unknown[] {
    return this.answers.flatMap(({ errors }) => errors.map(([id, code]) => [id, code]))
  }

  get troubles(): unknown[] {
    return this.answers.flatMap(({ trouble }) => (trouble ? [trouble[1]] : []))
  }

  #ref(sql: string): number | readonly [number, string] {
    const known = this.#numbers.get(sql)
    if (known !== undefined) return known
    const id = this.#numbers.size + 1
    this.#numbers.set(sql, id)
    return [id, sql]
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the writer', () => {
  it('commits a lone write at once and answers it after its commit', () => {
    const bench = new Bench()
    bench.send(bench.query(INSERT, 'a'))
    expect(bench.written).toEqual([1])
    expect(bench.connection.inTransaction).toBe(false)
  })

  it('under load lets a batch fill until the interval is over, answering reads meanwhile', () => {
    const bench = new Bench({ flushInterval: 5, flushRows: 100 })
    for (let i = 1; i <= 8; i++) bench.send(bench.query(INSERT, `${i}`))
    expect(bench.written).toHaveLength(8)
    bench.send(bench.query(INSERT, 'waits'), bench.query(COUNT))
    bench.send(bench.query(INSERT, 'too'))
    expect(bench.written).toHaveLength(8)
    expect(bench.read).toEqual([[10, 9]])
    vi.advanceTimersByTime(5)
    expect(bench.written).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 11])
  })

  it('does not wait once a batch has its number of statements, but takes along what is in the queue', () => {
    const bench = new Bench({ flushInterval: 1000, flushRows: 4 })
    for (let i = 1; i <= 8; i++) bench.send(bench.query(INSERT, `${i}`))
    bench.send(bench.query(INSERT, 'a'), bench.group([INSERT, 'b'], [INSERT, 'c']))
    expect(bench.written).toHaveLength(8)
    bench.send(bench.query(INSERT, 'd'), bench.query(INSERT, 'e'))
    expect(bench.written).toHaveLength(11)
    expect(bench.answers.flatMap(({ results }) => results)).toHaveLength(1)
    const many = Array.from({ length: 45 }, (_, i) => bench.query(INSERT, `m${i}`))
    bench.writer.receive({ jobs: many, blobs: undefined, forget: 0 })
    bench.answers.length = 0
    bench.writer.idle()
    expect(bench.written).toHaveLength(45)
  })

  it('keeps what does not fit and commits it when there is room', () => {
    const bench = new Bench()
    bench.fill()
    bench.send(bench.query(INSERT, 'small'), bench.query(INSERT, BIG), bench.query(INSERT, 'after'), bench.query(COUNT))
    expect(bench.troubles).toEqual(['SQLITE_FULL'])
    expect([bench.written, bench.read]).toEqual([[], []])
    vi.advanceTimersByTime(50)
    // What fits is committed; the read behind what does not is refused.
    expect(bench.written).toEqual([1])
    expect(bench.refused).toEqual([[4, 'MEERKAT_UNAVAILABLE']])
    vi.advanceTimersByTime(10_000)
    expect(bench.written).toEqual([1])
    bench.makeRoom()
    bench.send(bench.query(COUNT))
    expect(bench.read).toEqual([])
    vi.advanceTimersByTime(1000)
    expect(bench.written).toEqual([1, 2, 3])
    expect(bench.read).toEqual([[5, 3]])
    expect(bench.troubles).toEqual(['SQLITE_FULL', ''])
    const rows = bench.connection.prepare('select substr(v, 1, 5) from t order by id').pluck().all()
    expect(rows).toEqual(['small', 'xxxxx', 'after'])
  })

  it('runs a kept batch again without the job that fails the second time', () => {
    const bench = new Bench({ flushInterval: 5, flushRows: 100 })
    for (let i = 1; i <= 8; i++) bench.send(bench.query(INSERT, `${i}`))
    bench.send(bench.query(INSERT, 'a'), bench.query(INSERT, 'b'), bench.query(INSERT, 'c'))
    bench.fill()
    bench.send(bench.query(INSERT, BIG))
    expect(bench.troubles).toEqual(['SQLITE_FULL'])
    bench.connection.prepare(INSERT).run('b')
    bench.makeRoom()
    vi.advanceTimersByTime(50)
    expect(bench.written.slice(8)).toEqual([9, 11, 12])
    expect(bench.refused).toEqual([[10, 'SQLITE_CONSTRAINT_UNIQUE']])
  })

  it('answers an exclusive transaction as it goes, and keeps or undoes it', () => {
    const bench = new Bench()
    bench.send(bench.verb('begin'), bench.query(INSERT, 'a'), bench.query(INSERT, 'a'), bench.query(COUNT))
    expect([bench.written, bench.refused, bench.read]).toEqual([[2], [[3, 'SQLITE_CONSTRAINT_UNIQUE']], [[4, 1]]])
    bench.send(bench.verb('undo'))
    bench.send(bench.verb('begin'), bench.query(INSERT, 'b'), bench.verb('end'), bench.query(COUNT))
    expect(bench.read[1]).toEqual([9, 1])
    expect(bench.connection.inTransaction).toBe(false)
  })

  it('commits when it is closed, and answers with an error what it cannot commit', () => {
    const good = new Bench({ flushInterval: 1000, flushRows: 100 })
    for (let i = 1; i <= 9; i++) good.send(good.query(INSERT, `${i}`))
    good.send(good.verb('close'))
    expect(good.written).toHaveLength(9)
    const bad = new Bench()
    bad.fill()
    bad.send(bad.query(INSERT, BIG), bad.query(INSERT, 'a'), bad.verb('close'))
    expect(bad.written).toEqual([])
    expect(bad.refused).toEqual([
      [1, 'MEERKAT_UNAVAILABLE'],
      [2, 'MEERKAT_UNAVAILABLE'],
    ])
    vi.advanceTimersByTime(10_000)
  })
})
