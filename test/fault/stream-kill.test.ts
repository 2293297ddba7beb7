import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { numbers } from '../fuzz/mutate.ts'
import { ServerFolder } from '../support/child-server.ts'
import { Crowd, crowdModules, registerCrowd } from '../support/crowd.ts'
import { figures } from '../support/figures.ts'
import { plainSettings } from '../support/plain-server.ts'

/** Fifty and more for a thorough run. */
const rounds = Number(process.env.STREAM_KILLS ?? 8)
const below = numbers(11)
let folder: ServerFolder

beforeAll(() => {
  const settings = plainSettings({ more: crowdModules, c2s: 'access = "all"' })
  folder = new ServerFolder(settings)
})
afterAll(() => folder.remove())

describe('stream management on a server that is killed', () => {
  it(`loses nothing that it has acknowledged and sends nothing twice, ${rounds} times over`, async () => {
    let server = await folder.start()
    await registerCrowd(server.port)
    const crowd = new Crowd(server.port)
    await crowd.comes(server.port)
    crowd.write()
    for (let round = 0; round < rounds; round++) {
      await crowd.more(50 + below(400))
      server.kill('SIGKILL')
      expect(await server.exited).toBe('SIGKILL')
      server = await folder.start()
      await crowd.comes(server.port)
    }
    const outcome = await crowd.end(server.port)
    figures(
      `killed ${rounds} times under load: ${outcome.acknowledged} messages acknowledged, ${outcome.lost.length} lost, ${outcome.doubled.length} twice, ${outcome.resumptions} streams resumed`,
    )
    expect(outcome).toMatchObject({ lost: [], doubled: [], disordered: [], failures: 0, refused: 0 })
    server.kill('SIGTERM')
    expect(await server.exited).toBe(0)
  }, 1_200_000)
})
