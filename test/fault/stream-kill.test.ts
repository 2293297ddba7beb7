import { describe, expect, it } from 'vitest'
import { numbers } from '../fuzz/mutate.ts'
import { ServerFolder } from '../support/child-server.ts'
import { Crowd, crowdModules, registerCrowd } from '../support/crowd.ts'
import { figures } from '../support/figures.ts'
import { plainSettings } from '../support/plain-server.ts'

/** Fifty and more for a thorough run. */
const rounds = Number(process.env.STREAM_KILLS ?? 8)

/** Kills a server again and again while a crowd writes, and starts it once more. What came of it all. */
async function killed(modules: string, seed: number) {
  const below = numbers(seed)
  const folder = new ServerFolder(plainSettings({ more: crowdModules + modules, c2s: 'access = "all"' }))
  let server = await folder.start()
  await registerCrowd(server.port)
  const crowd = new Crowd(server.port)
  await crowd.comes(server.port)
  crowd.write()
  for (let round = 0; round < rounds; round++) {
    // Now and then so much that the journal has been filed meanwhile.
    await crowd.more(50 + below(400) + (round % 3 === 2 ? 3000 : 0))
    server.kill('SIGKILL')
    expect(await server.exited).toBe('SIGKILL')
    server = await folder.start()
    await crowd.comes(server.port)
  }
  const outcome = await crowd.end(server.port)
  figures(
    `killed ${rounds} times under load: ${outcome.acknowledged} messages acknowledged, ${outcome.lost.length} lost, ${outcome.doubled.length} twice, ${outcome.resumptions} streams resumed`,
  )
  const archives = modules === '' ? undefined : await crowd.archives(server.port)
  const miscounted = modules === '' ? [] : await crowd.miscounted(server.port)
  server.kill('SIGTERM')
  expect(await server.exited).toBe(0)
  folder.remove()
  return { outcome, archives, miscounted }
}

const nothingWrong = { lost: [], betrayed: [], doubled: [], disordered: [], failures: 0, refused: 0 }

describe('stream management on a server that is killed', () => {
  it(`loses nothing that it has acknowledged and sends nothing twice, ${rounds} times over`, async () => {
    const { outcome } = await killed('', 11)
    expect(outcome).toMatchObject(nothingWrong)
  }, 1_200_000)

  it(`has all of it in the archives of both sides, once and in order, and counted once in inboxes, ${rounds} times over`, async () => {
    const { outcome, archives, miscounted } = await killed('[modules.mod_mam.pm]\n[modules.mod_inbox]\n', 12)
    expect(outcome).toMatchObject(nothingWrong)
    figures(
      `${archives?.entries} messages in archives, ${archives?.missing.length} missing, ${archives?.doubled.length} twice`,
    )
    expect(archives).toEqual({
      missing: [],
      betrayed: [],
      doubled: [],
      disordered: [],
      entries: 2 * outcome.acknowledged,
    })
    expect(miscounted).toEqual([])
  }, 1_200_000)
})
