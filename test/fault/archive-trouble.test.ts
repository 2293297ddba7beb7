import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { connect } from '../../src/storage/sqlite/driver.ts'
import { Crowd, crowdModules, registerCrowd } from '../support/crowd.ts'
import { figures } from '../support/figures.ts'
import { PlainClient } from '../support/plain-client.ts'
import { plainSettings, startPlainServer } from '../support/plain-server.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'

const fileOf = (server: OwnTestServer) => join(server.server.config.general.data_dir, 'meerkat.sqlite')

/** Another program that holds the database's file: nothing can be written until it lets go. */
function lockOut(server: OwnTestServer): () => void {
  const other = connect(fileOf(server), {})
  other.exec('begin immediate')
  return () => other.close()
}

/** Waits until the metrics say that the database is well, or is not. */
async function health(server: OwnTestServer, value: 0 | 1): Promise<void> {
  while (!(await server.server.metrics.text()).includes(`storage_healthy ${value}`)) await sleep(5)
}

/** The ids of the messages in the archive of somebody, oldest first. */
async function archiveOf(server: OwnTestServer, name: string): Promise<string[]> {
  const client = await PlainClient.signIn(server.port, name, 'reader', false)
  const ids: string[] = []
  for (let after = ''; ; ) {
    client.received = ''
    const set = `<set xmlns='http://jabber.org/protocol/rsm'><max>50</max>${after}</set>`
    client.says(`<iq type='set' id='page'><query xmlns='urn:xmpp:mam:2'>${set}</query></iq>`)
    await client.hears('</iq>')
    const found = [...client.received.matchAll(/<forwarded .*?<message [^>]*? id='([^']*)'/gs)]
    ids.push(...found.map(([, id = '']) => id))
    const last = /<last>(.*?)<\/last>/.exec(client.received)?.[1]
    if (last === undefined || client.received.includes(`complete='true'`)) break
    after = `<after>${last}</after>`
  }
  client.leaves()
  return ids
}

const archiving = '[modules.mod_mam.pm]\n'

describe('an archive whose database takes nothing', () => {
  it('has messages refused before they are routed, and has later what was accepted before', async () => {
    const server = await startPlainServer(plainSettings({ more: archiving }), ['ann', 'bob'])
    const [ann, bob] = [await PlainClient.signIn(server.port, 'ann'), await PlainClient.signIn(server.port, 'bob')]
    const says = (id: string, more = '') =>
      ann.says(`<message to='bob@localhost/r' type='chat' id='${id}'><body>${id}</body>${more}</message>`)
    says('before')
    await bob.hears(`id='before'`)
    const letGo = lockOut(server)
    says('held')
    await bob.hears(`id='held'`)
    await health(server, 0)
    says('refused')
    await ann.hears(`id='refused'`)
    expect(ann.received).toMatch(/<error [^>]*type='wait'[^>]*><resource-constraint /)
    // What is not to be archived needs no archive.
    says('passing', `<no-store xmlns='urn:xmpp:hints'/>`)
    await bob.hears(`id='passing'`)
    expect(bob.received).not.toContain(`id='refused'`)
    letGo()
    await health(server, 1)
    says('after')
    await bob.hears(`id='after'`)
    ann.leaves()
    bob.leaves()
    for (const name of ['ann', 'bob']) expect(await archiveOf(server, name)).toEqual(['before', 'held', 'after'])
    await server.stop?.()
  }, 60_000)

  it('has everything that was acknowledged to a crowd, once and in its order, and nothing that was refused', async () => {
    const server = await startTestServer({
      config: plainSettings({ more: `${crowdModules}${archiving}`, c2s: 'access = "all"' }),
    })
    await registerCrowd(server.port)
    const crowd = new Crowd(server.port)
    await crowd.comes(server.port)
    crowd.write()
    for (let round = 0; round < 2; round++) {
      await crowd.more(200)
      const letGo = lockOut(server)
      await crowd.refusals(20)
      letGo()
      await health(server, 1)
    }
    await crowd.more(200)
    const outcome = await crowd.end(server.port)
    expect(outcome).toMatchObject({ lost: [], doubled: [], failures: 0 })
    const archives = new Map<string, string[]>()
    for (const name of [...crowd.clients.keys(), 'absent']) archives.set(name, await archiveOf(server, name))
    let found = 0
    for (const [name, { fate }] of crowd.clients) {
      const own = archives.get(name) ?? []
      expect(new Set(own).size).toBe(own.length)
      for (const id of fate.acknowledged) {
        if (fate.refused.has(id)) continue
        const [to = ''] = id.split(':')
        expect(own, `${name} has sent ${id}`).toContain(id)
        expect(archives.get(to), `${to} was sent ${id}`).toContain(id)
        found++
      }
      const sent = own.filter((id) => id.split(':')[1] === name).map((id) => Number(id.split(':')[2]))
      expect(sent).toEqual([...sent].sort((a, b) => a - b))
    }
    figures(
      `archive locked out twice: ${outcome.acknowledged} acknowledged, ${outcome.refused} refused, ${found} found`,
    )
    await server.stop()
  }, 120_000)
})
