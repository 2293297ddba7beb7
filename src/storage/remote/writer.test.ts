import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Result } from '../database.ts'
import { ConditionFailed, QueryError, StorageUnavailable } from '../errors.ts'
import { sqliteDialect } from '../sqlite/dialect.ts'
import { type Driver, type Link, LinkFailure, type Reply, type Statement, type Words } from './link.ts'
import { OrderedWriter, type WriterOptions } from './writer.ts'

const words: Words = {
  begin: 'begin',
  endOfReads: undefined,
  refusesCommits: true,
  makeMarks: 'make marks',
  addMark: 'add mark',
  setMark: 'set mark',
  readMark: 'read mark',
  dropMark: 'drop mark',
  dropOldMarks: 'drop old marks',
  lock: ['lock'],
  unlock: [],
}

const lost = () => new LinkFailure('gone', { kind: 'trouble', code: 'TEST' })

/** A database that is a list of what was committed. `onCommit` may break a connection before or after it takes effect. */
class FakeServer implements Driver {
  readonly dialect = sqliteDialect
  readonly words = words
  readonly committed: string[] = []
  readonly log: string[] = []
  mark = 0
  isUp = true
  onCommit: 'works' | 'lost before' | 'lost after' = 'works'

  async connect(): Promise<Link> {
    if (!this.isUp) throw lost()
    return new FakeLink(this)
  }

  async learnSchema(): Promise<void> {}
}

class FakeLink implements Link {
  readonly socket = new Socket()
  isLost = false
  onLost = () => {}
  readonly #server: FakeServer
  #open: string[] = []
  #mark = 0

  constructor(server: FakeServer) {
    this.#server = server
  }

  async batch(statements: readonly Statement[]): Promise<Reply[]> {
    if (!this.#server.isUp || this.isLost) throw lost()
    this.#server.log.push(statements.map(({ sql }) => sql).join(' | '))
    return statements.map((statement) => this.#run(statement))
  }

  #run({ sql, values }: Statement): Reply {
    const rows = sql === words.readMark ? [{ batch: this.#server.mark }] : []
    if (sql === 'commit') this.#commit()
    else if (sql === 'rollback' || sql === 'rollback to savepoint job') this.#open = []
    else if (sql === words.setMark) this.#mark = Number(values[0])
    else if (sql === 'bad') throw new LinkFailure('bad', { kind: 'statement', code: 'BAD', refusal: 'unique', sql })
    else if (sql.startsWith('write')) this.#open.push(sql)
    return { rows, changes: sql === 'write nothing' ? 0 : 1, insertId: undefined }
  }

  #commit(): void {
    const how = this.#server.onCommit
    this.#server.onCommit = 'works'
    if (how === 'lost before') throw lost()
    this.#server.committed.push(...this.#open)
    this.#server.mark = this.#mark
    this.#open = []
    if (how === 'lost after') throw lost()
  }

  async end(): Promise<void> {}

  destroy(): void {
    this.isLost = true
  }
}

async function open(server: FakeServer, changes: Partial<WriterOptions> = {}): Promise<OrderedWriter> {
  const writer = new OrderedWriter({
    driver: server,
    batchRows: 100,
    queryTimeout: 60_000,
    callTimeout: 60_000,
    maxStartInterval: 1,
    keepalive: undefined,
    now: () => 0,
    onTrouble: () => {},
    ...changes,
  })
  await writer.open()
  return writer
}

interface Kind {
  isRead?: boolean
  isGroup?: boolean
  mustChange?: boolean
}

function send(writer: OrderedWriter, sqls: readonly string[], kind: Kind = {}): Promise<Result | Result[]> {
  const { isRead = false, isGroup = false, mustChange = false } = kind
  const steps = sqls.map((sql) => ({ sql, values: [], mustChange }))
  return new Promise((resolve, reject) =>
    writer.add({ steps, isGroup, isRead, isApart: false, bytes: 10, since: performance.now(), resolve, reject }),
  )
}

describe('a commit whose answer was lost', () => {
  it('is not repeated if it took place', async () => {
    const server = new FakeServer()
    const writer = await open(server)
    server.onCommit = 'lost after'
    await Promise.all([send(writer, ['write a']), send(writer, ['write b'])])
    await send(writer, ['write c'])
    expect(server.committed).toEqual(['write a', 'write b', 'write c'])
  })

  it('is repeated if it did not', async () => {
    const server = new FakeServer()
    const writer = await open(server)
    await send(writer, ['write a'])
    server.onCommit = 'lost before'
    await Promise.all([send(writer, ['write b']), send(writer, ['write c'])])
    expect(server.committed).toEqual(['write a', 'write b', 'write c'])
  })
})

describe('the order of work', () => {
  it('is that of asking; what waits together shares a commit, and reads that nothing precedes need none', async () => {
    const server = new FakeServer()
    const writer = await open(server)
    server.log.length = 0
    const read = { isRead: true }
    await Promise.all([
      send(writer, ['read a'], read),
      send(writer, ['write b']),
      send(writer, ['read c'], read),
      send(writer, ['write d', 'write e'], { isGroup: true }),
    ])
    expect(server.log).toEqual(['read a', 'begin | write b | read c | write d | write e | set mark', 'commit'])
    expect(writer.outstanding).toBe(0)
  })

  it('of a batch in which something fails is kept, and only that fails', async () => {
    const server = new FakeServer()
    const writer = await open(server)
    const results = await Promise.allSettled([
      send(writer, ['bad']),
      send(writer, ['write nothing'], { isGroup: true, mustChange: true }),
      send(writer, ['write c']),
    ])
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected', 'fulfilled'])
    expect(results[0]).toMatchObject({ reason: expect.any(QueryError) })
    expect(results[1]).toMatchObject({ reason: expect.any(ConditionFailed) })
    expect(server.committed).toEqual(['write c'])
  })
})

describe('while the database is gone', () => {
  it('writes wait, reads and migrations are refused, and trouble is told of once', async () => {
    const server = new FakeServer()
    const told: boolean[] = []
    let begin = () => {}
    const troubled = new Promise<void>((resolve) => {
      begin = resolve
    })
    const writer = await open(server, {
      onTrouble: (error) => {
        told.push(error !== undefined)
        begin()
      },
    })
    server.isUp = false
    const write = send(writer, ['write a'])
    await troubled
    await expect(send(writer, ['read'], { isRead: true })).rejects.toBeInstanceOf(StorageUnavailable)
    const migration = new Promise<void>((resolve, reject) => writer.alone({ work: async () => {}, resolve, reject }))
    await expect(migration).rejects.toBeInstanceOf(StorageUnavailable)
    expect(writer.outstanding).toBe(10)
    server.isUp = true
    await write
    expect(server.committed).toEqual(['write a'])
    expect(told[0]).toBe(true)
    await writer.close()
    expect(told).toEqual([true, false])
  })

  it('closing gives up, and says so', async () => {
    const server = new FakeServer()
    const writer = await open(server)
    server.isUp = false
    const write = send(writer, ['write a'])
    const closed = writer.close()
    await expect(write).rejects.toBeInstanceOf(StorageUnavailable)
    await closed
  })
})
