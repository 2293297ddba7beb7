import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { registerAccount } from '../../src/router/accounts.ts'
import { loadSqlite } from '../../src/storage/load.ts'
import { search, talk } from '../support/archive.ts'
import { Client } from '../support/client.ts'
import { baseConfig } from '../support/own-server.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'

const config = `${baseConfig}[modules.mod_mam]\npm = {}\n`
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meerkat-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const signIn = (server: OwnTestServer, local: string) =>
  Client.signIn({ ...server, domain: 'localhost' }, { local, password: 'secret' }, 'home')

it('archives of a dump are found again, by their words too', async () => {
  const [dump, data] = [join(folder, 'all.jsonl'), join(folder, 'data')]
  const first = await startTestServer({ config, folder: data })
  const host = first.server.hostOf('localhost')
  for (const name of ['alice', 'bob']) {
    if (host !== undefined) await registerAccount(host, Jid.of(name, 'localhost'), 'secret')
  }
  const [alice, bob] = [await signIn(first, 'alice'), await signIn(first, 'bob')]
  bob.sends('<presence/>')
  await bob.drains()
  await talk(alice, bob, 3)
  alice.sends(`<message to='${bob.bare}' type='chat'><body>a walrus</body></message>`)
  await bob.finds('<message><body>a walrus</body>{any}</message>')
  const before = await search(alice)
  await first.server.commands.run('mnesia.dump', { path: dump })
  const { data_dir: dir } = first.server.config.general
  for (const client of [alice, bob]) client.destroy()
  await first.stop()

  await loadSqlite(dump, join(dir, 'meerkat.sqlite'))
  const second = await startTestServer({ config, folder: data })
  const again = await signIn(second, 'alice')
  expect((await search(again)).ids).toEqual(before.ids)
  const found = () => search(again, { fields: { '{urn:xmpp:fulltext:0}fulltext': 'walrus' } })
  await expect.poll(async () => (await found()).bodies).toEqual(['a walrus'])
  again.destroy()
  await second.stop()
})
