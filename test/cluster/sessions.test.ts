import { expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { isHere } from '../../src/router/remote-session.ts'
import { ServerFolder } from '../support/child-server.ts'
import { Client } from '../support/client.ts'
import { onCluster, TestCluster } from '../support/cluster.ts'

const settings = `
[access]
max_user_sessions = [{ acl = "all", value = 3 }]

[modules.mod_presence]
[modules.mod_roster]
[modules.mod_disco]
[modules.mod_ping]
[modules.mod_offline]
[modules.mod_carboncopy]
[modules.mod_privacy]
[modules.mod_blocking]
[modules.mod_blocklist]
`

onCluster('sessions of all nodes', () => {
  const cluster = new TestCluster(settings, ['a', 'b'])

  const say = (to: string, id: string) => `<message to='${to}' type='chat' id='${id}'><body>${id}</body></message>`

  const hears = (client: Client, from: Client, id: string) =>
    client.finds(`<message from='${from.jid}' id='${id}'><body>${id}</body>{any}</message>`)

  /** Two users on two nodes who see each other. */
  async function friends(one: string, other: string): Promise<[Client, Client]> {
    const here = await cluster.client('a', one, 'pc')
    const there = await cluster.client('b', other, 'pc')
    here.sends(`<presence to='${other}@localhost' type='subscribe'/>`)
    await there.finds(`<presence from='${one}@localhost' type='subscribe'/>`)
    there.sends(`<presence to='${one}@localhost' type='subscribed'/>`)
    there.sends(`<presence to='${one}@localhost' type='subscribe'/>`)
    await here.meets(there.jid)
    await here.finds(`<presence from='${other}@localhost' type='subscribe'/>`)
    here.sends(`<presence to='${other}@localhost' type='subscribed'/>`)
    await there.meets(here.jid)
    await Promise.all([here.drains(), there.drains()])
    return [here, there]
  }

  it('contacts see each other come, change and go', async () => {
    const [here, there] = await friends('anna', 'bert')
    here.sends(`<presence><show>away</show></presence>`)
    await there.finds(`<presence from='${here.jid}'><show>away</show></presence>`)
    const second = await cluster.client('b', 'anna', 'phone')
    await there.meets(second.jid)
    await second.leaves()
    await there.finds(`<presence from='${second.jid}' type='unavailable'>{any}</presence>`)
    await here.leaves()
    await there.finds(`<presence from='${here.jid}' type='unavailable'>{any}</presence>`)
  })

  it('messages arrive, to full and bare addresses, in the order in which they were sent', async () => {
    const [here, there] = [await cluster.client('a', 'carl', 'pc'), await cluster.client('b', 'dora', 'pc')]
    const ids = Array.from({ length: 200 }, (_, index) => `n${index}`)
    for (const [index, id] of ids.entries()) {
      here.sends(say(index % 2 === 0 ? there.jid : there.bare, id))
    }
    for (const id of ids) await hears(there, here, id)
    there.sends(say(here.bare, 'back ünï'))
    await hears(here, there, 'back ünï')
  })

  it('requests go to a session of another node and back', async () => {
    const [here, there] = [await cluster.client('a', 'emil', 'pc'), await cluster.client('b', 'frieda', 'pc')]
    here.sends(`<iq to='${there.jid}' type='get' id='q1'><query xmlns='jabber:iq:version'/></iq>`)
    await there.receives(`<iq from='${here.jid}' type='get' id='q1'><query xmlns='jabber:iq:version'/></iq>`)
    there.sends(`<iq to='${here.jid}' type='result' id='q1'/>`)
    await here.receives(`<iq from='${there.jid}' type='result' id='q1'/>`)
    here.sends(`<iq to='frieda@localhost/none' type='get' id='q2'><query xmlns='jabber:iq:version'/></iq>`)
    await here.receives(`<iq type='error' id='q2'>{any}</iq>`)
  })

  it('the clients of a user see copies of messages and pushes of the roster', async () => {
    const [pc, phone] = [await cluster.client('a', 'gina', 'pc'), await cluster.client('b', 'gina', 'phone')]
    const hans = await cluster.client('b', 'hans', 'pc')
    await pc.meets(phone.jid)
    await phone.asks(`<enable xmlns='urn:xmpp:carbons:2'/>`, 'set')
    await phone.roster()
    pc.sends(say(hans.jid, 'm1'))
    await hears(hans, pc, 'm1')
    await phone.finds(
      `<message from='gina@localhost' type='chat'><sent xmlns='urn:xmpp:carbons:2'>{any}</sent></message>`,
    )
    hans.sends(say(pc.jid, 'm2'))
    await hears(pc, hans, 'm2')
    await phone.finds(
      `<message from='gina@localhost' type='chat'><received xmlns='urn:xmpp:carbons:2'>{any}</received></message>`,
    )
    await pc.asks(`<query xmlns='jabber:iq:roster'><item jid='ida@localhost'/></query>`, 'set')
    await phone.finds(`<iq type='set'><query xmlns='jabber:iq:roster'>{any}</query></iq>`)
  })

  it('are no more than an account may have, on all nodes together: the oldest goes', async () => {
    const clients: Client[] = []
    for (const [number, node] of ['a', 'b', 'a'].entries()) {
      clients.push(await cluster.client(node, 'otto', `r${number}`, { presence: false }))
    }
    clients.push(await cluster.client('b', 'otto', 'r3', { presence: false }))
    await clients[0]?.receivesStreamError('conflict')
    expect(await cluster.command('b', 'session.countUserResources', { user: 'otto@localhost' })).toBe(3)
    const { sessions } = cluster.node('b').server.hostOf('localhost') ?? {}
    expect(sessions?.of(Jid.parse('otto@localhost')).map(isHere)).toEqual([true, false, true])
    const text = await cluster.node('b').server.metrics.text()
    expect(text).toContain(
      `sm_session_count{host_type="localhost"} ${(sessions?.size ?? 0) - (sessions?.elsewhere ?? 0)}`,
    )
  })

  it('bound on two nodes at the same moment, one stays, and both nodes know which', async () => {
    await cluster.node('a').registerUser('zoe', 'secret')
    const nodes = ['a', 'b']
    const tries = await Promise.allSettled(nodes.map((node) => cluster.client(node, 'zoe', 'pc', { presence: false })))
    const left = (node: string) =>
      cluster.node(node).server.hostOf('localhost')?.sessions.of(Jid.parse('zoe@localhost')).map(isHere) ?? []
    await expect.poll(() => nodes.map((node) => String(left(node))).sort()).toEqual(['false', 'true'])
    for (const [index, node] of nodes.entries()) {
      const outcome = tries[index]
      if (left(node)[0] === true) {
        if (outcome?.status !== 'fulfilled') throw new Error('the one that stays has been let in')
        await outcome.value.isHeard()
        // The other one may be told so before it is told that it is bound.
      } else if (outcome?.status === 'fulfilled') await outcome.value.receivesStreamError('conflict')
    }
  })

  it('the newer of two with one address stays, wherever it is', async () => {
    const older = await cluster.client('a', 'jana', 'pc')
    const newer = await cluster.client('b', 'jana', 'pc')
    await older.receivesStreamError('conflict')
    const writer = await cluster.client('a', 'kurt', 'pc')
    writer.sends(say(newer.jid, 'm1'))
    await hears(newer, writer, 'm1')
  })

  it('are listed and ended by commands of any node', async () => {
    const [pc, phone] = [await cluster.client('a', 'lisa', 'pc'), await cluster.client('b', 'lisa', 'phone')]
    await phone.meets(pc.jid)
    for (const node of ['a', 'b']) {
      const found = (await cluster.command(node, 'session.listUserSessions', { user: 'lisa@localhost' })) as {
        user: string
        node: string
      }[]
      expect(found.map(({ user, node: on }) => [user, on]).sort()).toEqual([
        [pc.jid, 'a@test'],
        [phone.jid, 'b@test'],
      ])
    }
    await cluster.command('a', 'session.setPresence', { user: phone.jid, type: 'AVAILABLE', show: 'XA' })
    await pc.finds(`<presence from='${phone.jid}'><show>xa</show></presence>`)
    await phone.drains()
    await cluster.command('a', 'session.kickUserSession', { user: phone.jid, reason: 'enough' })
    await phone.receivesStreamError('conflict')
    expect(await cluster.command('b', 'session.countUserResources', { user: 'lisa@localhost' })).toBe(1)
  })

  it('end with the account, and with its being barred', async () => {
    const [mona, nils] = [await cluster.client('b', 'mona', 'pc'), await cluster.client('b', 'nils', 'pc')]
    await cluster.command('a', 'account.removeUser', { user: mona.bare })
    await mona.receivesStreamError('not-authorized')
    await cluster.command('a', 'blocklist.addUser', { user: nils.bare, reason: 'spam' })
    await nils.receivesStreamError('conflict')
  })

  it('who is blocked by a client at one node does not reach one at another', async () => {
    const [here, there] = await friends('olga', 'piet')
    const second = await cluster.client('b', 'olga', 'phone')
    await there.meets(second.jid)
    await here.asks(`<block xmlns='urn:xmpp:blocking'><item jid='piet@localhost'/></block>`, 'set')
    for (const client of [here, second]) {
      await there.finds(`<presence from='${client.jid}' type='unavailable'/>`)
    }
    there.sends(say(here.jid, 'm1'))
    await there.receives(`<message from='${here.jid}' type='error' id='m1'>{any}</message>`)
  })

  it('a list that one session has made active holds for who writes to it from another node', async () => {
    const [here, there] = await friends('quinn', 'ruth')
    const item = `<item type='jid' value='quinn@localhost' action='deny' order='1'/>`
    await there.asks(`<query xmlns='jabber:iq:privacy'><list name='l'>${item}</list></query>`, 'set')
    await there.asks(`<query xmlns='jabber:iq:privacy'><active name='l'/></query>`, 'set')
    await here.drains()
    here.sends(say(there.jid, 'm1'))
    await here.finds(`<message from='${there.jid}' type='error' id='m1'>{any}</message>`)
    await there.asks(`<query xmlns='jabber:iq:privacy'><active/></query>`, 'set')
    here.sends(say(there.jid, 'm2'))
    await hears(there, here, 'm2')
  })

  it('are known to a node that comes later, and end with one that stops', async () => {
    const here = await cluster.client('a', 'rolf', 'pc')
    await cluster.start('c')
    const there = await cluster.client('c', 'sara', 'pc')
    there.sends(say(here.bare, 'm1'))
    await hears(here, there, 'm1')
    here.sends(`<presence to='${there.jid}'/>`)
    there.sends(`<presence to='${here.jid}'/>`)
    await here.meets(there.jid)
    await cluster.stop('c')
    await here.finds(`<presence from='${there.jid}' type='unavailable'>{any}</presence>`)
    here.sends(say(there.jid, 'm2'))
    const again = await cluster.client('b', 'sara', 'pc')
    await hears(again, here, 'm2')
  })

  it('end with a node that is killed; what was on its way to them is kept', async () => {
    const folder = new ServerFolder(cluster.fileOf('k'))
    try {
      const here = await cluster.client('a', 'tina', 'pc')
      await cluster.node('a').registerUser('uwe', 'secret')
      const child = await folder.start()
      const there = await Client.signIn(
        { host: '127.0.0.1', port: child.port, domain: 'localhost' },
        { local: 'uwe', password: 'secret' },
        'pc',
      )
      await there.isPresent()
      there.sends(`<presence to='${here.jid}'/>`)
      await here.meets(there.jid)
      here.sends(say(there.jid, 'm1'))
      await hears(there, here, 'm1')
      child.kill('SIGKILL')
      await child.exited
      there.destroy()
      here.sends(say(there.jid, 'm2'))
      await here.finds(`<presence from='${there.jid}' type='unavailable'/>`)
      const again = await cluster.client('b', 'uwe', 'pc')
      await hears(again, here, 'm2')
    } finally {
      folder.remove()
    }
  }, 60_000)

  it('are there again when Redis has been away, with what was sent meanwhile', async () => {
    const [here, there] = await friends('vera', 'willi')
    await cluster.redis.stop()
    here.sends(say(there.jid, 'm1'))
    await here.isHeard()
    await cluster.redis.run()
    await hears(there, here, 'm1')
    here.sends(say(there.jid, 'm2'))
    await hears(there, here, 'm2')
  }, 60_000)
})
