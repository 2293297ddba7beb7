import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, it } from 'vitest'
import { connect } from '../../src/storage/sqlite/driver.ts'
import { ServerFolder } from '../support/child-server.ts'
import { Crowd, crowdModules, registerCrowd } from '../support/crowd.ts'
import { createDatabase, installServer, startServer } from '../support/database-servers.ts'
import { onDatabase } from '../support/databases.ts'
import { EnduringClient } from '../support/enduring-client.ts'
import { figures } from '../support/figures.ts'
import { plainSettings } from '../support/plain-server.ts'
import { startTestServer } from '../support/server.ts'
import { freePorts } from '../support/services.ts'

const settings = plainSettings({ more: crowdModules, c2s: 'access = "all"' })
const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0
if (!hasPrlimit && process.env.CI === 'true') throw new Error('prlimit is missing: install util-linux')

describe('stream management while the database is locked', () => {
  it('refuses what it could not keep, and acknowledges what it had taken when it can', async () => {
    const own = await startTestServer({ config: settings })
    await registerCrowd(own.port)
    const [left, right] = [new EnduringClient('left0', 'r', own.port), new EnduringClient('right0', 'r', own.port)]
    await Promise.all([left.comes(), right.comes()])
    left.sends('right0@localhost/r', 'before')
    await left.until(() => left.pending === 0)
    const other = connect(join(own.server.config.general.data_dir, 'meerkat.sqlite'), {})
    other.exec('begin immediate')
    left.sends('right0@localhost/r', 'held')
    while (!(await own.server.metrics.text()).includes('storage_healthy 0')) await sleep(5)
    // It is there, though it is not acknowledged: nobody waits for a disk that may not come back.
    await right.until(() => right.fate.received.includes('held'))
    left.sends('right0@localhost/r', 'refused')
    await left.until(() => left.fate.refused.has('refused'))
    expect(left.fate.acknowledged).toEqual(new Set(['before']))
    other.close()
    await left.until(() => left.pending === 0)
    left.sends('right0@localhost/r', 'after')
    await right.until(() => right.fate.received.includes('after'))
    expect(right.fate.received).toEqual(['before', 'held', 'after'])
    for (const client of [left, right]) client.drops()
    await own.stop()
  }, 60_000)
})

describe.skipIf(!hasPrlimit)('stream management on a disk that is full (needs prlimit of util-linux)', () => {
  it('loses nothing that was acknowledged, and goes on by itself', async () => {
    const folder = new ServerFolder(settings)
    const server = await folder.start()
    await registerCrowd(server.port)
    const crowd = new Crowd(server.port)
    await crowd.comes(server.port)
    crowd.write()
    const limit = (bytes: number | 'unlimited') =>
      spawnSync('prlimit', ['--pid', String(server.pid), `--fsize=${bytes}:unlimited`])
    for (let round = 0; round < 3; round++) {
      await crowd.more(200)
      limit(20_000)
      await crowd.refusals(20)
      limit('unlimited')
    }
    await crowd.more(200)
    const outcome = await crowd.end(server.port)
    figures(
      `disk full 3 times: ${outcome.acknowledged} acknowledged, ${outcome.refused} refused, ${outcome.lost.length} lost`,
    )
    expect(outcome).toMatchObject({ lost: [], doubled: [], disordered: [], failures: 0 })
    server.kill('SIGTERM')
    expect(await server.exited).toBe(0)
    folder.remove()
  }, 120_000)
})

onDatabase('postgres', 'stream management on a database that stops and starts under load', () => {
  it('loses nothing that was acknowledged, and goes on by itself', async () => {
    const folder = join(inject('databaseFolder'), 'stream-postgres')
    const [port = 0] = await freePorts(1)
    installServer('postgres', folder)
    let database = await startServer('postgres', { folder, port })
    const address = await createDatabase(database, 'streams')
    const own = await startTestServer({ config: settings, database: address })
    await registerCrowd(own.port)
    const crowd = new Crowd(own.port)
    await crowd.comes(own.port)
    crowd.write()
    for (const way of ['stop', 'crash'] as const) {
      await crowd.more(200)
      await database[way]()
      await crowd.refusals(20)
      database = await startServer('postgres', { folder, port })
    }
    await crowd.more(200)
    const outcome = await crowd.end(own.port)
    figures(
      `PostgreSQL away twice: ${outcome.acknowledged} acknowledged, ${outcome.refused} refused, ${outcome.lost.length} lost`,
    )
    expect(outcome).toMatchObject({ lost: [], doubled: [], disordered: [], failures: 0 })
    await own.stop()
    await database.stop()
  }, 120_000)
})
