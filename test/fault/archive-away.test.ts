import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { ServerFolder } from '../support/child-server.ts'
import { Crowd, crowdModules, registerCrowd } from '../support/crowd.ts'
import { createDatabase, installServer, startServer } from '../support/database-servers.ts'
import { onDatabase } from '../support/databases.ts'
import { figures } from '../support/figures.ts'
import { plainSettings } from '../support/plain-server.ts'
import { startTestServer } from '../support/server.ts'
import { freePorts } from '../support/services.ts'

const settings = plainSettings({
  more: `${crowdModules}[modules.mod_inbox]\n[modules.mod_mam.pm]\n`,
  c2s: 'access = "all"',
})
const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0
if (!hasPrlimit && process.env.CI === 'true') throw new Error('prlimit is missing: install util-linux')

interface Ways {
  readonly title: string
  readonly times: number
  readonly port: number
  /** Takes the disk, or the database, away. */
  away(time: number): Promise<unknown>
  comesBack(): Promise<unknown>
}

/** Has a crowd write while the archive cannot be written at times, and looks at everything that was promised. */
async function suffers({ title, times, port, away, comesBack }: Ways): Promise<void> {
  await registerCrowd(port)
  const crowd = new Crowd(port)
  await crowd.comes(port)
  crowd.write()
  for (let time = 0; time < times; time++) {
    await crowd.more(200)
    await away(time)
    await crowd.refusals(20)
    await comesBack()
  }
  await crowd.more(200)
  const outcome = await crowd.end(port)
  const { entries, ...faults } = await crowd.archives(port)
  const { acknowledged, refused, lost } = outcome
  figures(`${title}: ${acknowledged} acknowledged, ${refused} refused, ${lost.length} lost, ${entries} in archives`)
  expect(outcome).toMatchObject({ lost: [], betrayed: [], doubled: [], disordered: [], failures: 0 })
  expect(faults).toEqual({ missing: [], betrayed: [], doubled: [], disordered: [] })
  expect(entries).toBe(2 * (acknowledged - refused))
  expect(await crowd.miscounted(port)).toEqual([])
}

describe.skipIf(!hasPrlimit)('the archive on a disk that is full (needs prlimit of util-linux)', () => {
  it('refuses before anything is routed, has all that was acknowledged once, and goes on by itself', async () => {
    const folder = new ServerFolder(settings)
    const server = await folder.start()
    const limit = (bytes: number | 'unlimited') =>
      spawnSync('prlimit', ['--pid', String(server.pid), `--fsize=${bytes}:unlimited`])
    await suffers({
      title: 'disk full 3 times',
      times: 3,
      port: server.port,
      away: async () => limit(20_000),
      comesBack: async () => limit('unlimited'),
    })
    server.kill('SIGTERM')
    expect(await server.exited).toBe(0)
    folder.remove()
  }, 120_000)
})

onDatabase('postgres', 'the archive on a database that stops and starts under load', () => {
  it('refuses before anything is routed, has all that was acknowledged once, and goes on by itself', async () => {
    const folder = join(inject('databaseFolder'), 'archive-postgres')
    const [port = 0] = await freePorts(1)
    installServer('postgres', folder)
    let database = await startServer('postgres', { folder, port })
    const own = await startTestServer({ config: settings, database: await createDatabase(database, 'archive') })
    await suffers({
      title: 'PostgreSQL away 4 times',
      times: 4,
      port: own.port,
      away: (time) => database[time % 2 === 0 ? 'stop' : 'crash'](),
      comesBack: async () => {
        database = await startServer('postgres', { folder, port })
      },
    })
    await own.stop()
    await database.stop()
  }, 120_000)
})
