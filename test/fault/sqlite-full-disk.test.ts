import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/storage/open.ts'

const program = fileURLToPath(new URL('../support/write-on-demand.mjs', import.meta.url))
const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0
if (!hasPrlimit && process.env.CI === 'true') throw new Error('prlimit is missing: install util-linux')

interface Report {
  ready?: true
  health?: string
  written?: number
  refused?: number
  count?: number | string
}

/** A process that writes, and what it has reported so far. */
class Scribe {
  readonly reports: Report[] = []
  readonly #child: ChildProcess
  #changed: () => void = () => {}

  constructor(file: string) {
    this.#child = fork(program, [file])
    this.#child.on('message', (report: Report) => {
      this.reports.push(report)
      this.#changed()
    })
  }

  tell(order: object): void {
    this.#child.send(order)
  }

  /** Waits for the first report, from `start` on, that fits. */
  async until(fits: (report: Report) => boolean, start = 0): Promise<Report> {
    for (;;) {
      const found = this.reports.slice(start).find(fits)
      if (found) return found
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  /** Lets no file of the process grow beyond so many bytes. */
  limit(bytes: number | 'unlimited'): void {
    spawnSync('prlimit', ['--pid', String(this.#child.pid), `--fsize=${bytes}:unlimited`])
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve))
    this.tell({ close: true })
    await gone
  }
}

describe.skipIf(!hasPrlimit)('a disk that takes no more (needs prlimit of util-linux)', () => {
  let dir = ''
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'meerkat-full-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('delays commits and loses nothing; reads go on and see what waits', async () => {
    const file = join(dir, 'full.db')
    const scribe = new Scribe(file)
    await scribe.until((report) => report.ready === true)
    scribe.tell({ write: 10 })
    await scribe.until((report) => report.written === 10)
    scribe.limit(60_000)
    scribe.tell({ write: 50 })
    await scribe.until((report) => report.health === 'troubled')
    scribe.tell({ write: 5 })
    const mark = scribe.reports.length
    scribe.tell({ read: true })
    expect(await scribe.until((report) => report.count !== undefined, mark)).toEqual({ count: 65 })
    expect(scribe.reports.some((report) => report.written === 60)).toBe(false)
    scribe.limit('unlimited')
    await scribe.until((report) => report.health === 'ok')
    await scribe.until((report) => report.written === 65)
    await scribe.close()
    const written = scribe.reports.flatMap((report) => report.written ?? [])
    expect(written).toEqual(Array.from({ length: 65 }, (_, i) => i + 1))
    const db = (await openDatabase({ kind: 'sqlite', file })).of<{ row: { id: number } }>()
    expect((await db.q.selectFrom('row').select('id').execute()).map((row) => row.id)).toEqual(written)
    await db.close()
  })
})
