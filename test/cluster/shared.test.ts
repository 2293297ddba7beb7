import { expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { authTokenApi } from '../../src/modules/auth-token/api.ts'
import { keystoreApi } from '../../src/modules/keystore/api.ts'
import { DialbackKeys } from '../../src/protocol/s2s/dialback-key.ts'
import { onCluster, TestCluster } from '../support/cluster.ts'
import { PaperPeer } from '../support/paper-peer.ts'
import { attempt } from '../support/sign-in-attempt.ts'

const settings = `
[[listen.s2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "none"
[s2s]
use_starttls = "false"

[modules.mod_presence]
[modules.mod_roster]
[modules.mod_disco]
[modules.mod_ping]
[modules.mod_offline]
[modules.mod_privacy]
[modules.mod_blocking]
[modules.mod_vcard]
[modules.mod_cache_users]
[modules.mod_auth_token]
[modules.mod_keystore]
ram_key_size = 64
keys = [{ name = "token_secret", type = "ram" }, { name = "other", type = "ram" }]
`

onCluster('what all nodes know', () => {
  const cluster = new TestCluster(settings, ['a', 'b'])

  const key = (node: string, name: string) =>
    cluster.node(node).server.moduleApi('localhost', keystoreApi)?.get(name)?.secret.toString('hex')

  const accounts = (node: string) => {
    const host = cluster.node(node).server.hostOf('localhost')
    if (host === undefined) throw new Error('localhost is hosted')
    return host.accounts
  }

  const hasPassword = async (node: string, user: string, password: string) =>
    ((await cluster.command(node, 'account.checkPassword', { user, password })) as { correct: boolean }).correct

  it('keys in RAM are the same, whichever node has started first, as long as one is up', async () => {
    const made = key('a', 'token_secret')
    expect(made).toHaveLength(128)
    expect(key('b', 'token_secret')).toBe(made)
    expect(key('a', 'other')).not.toBe(made)
    await cluster.stop('a')
    await cluster.start('a')
    expect(key('a', 'token_secret')).toBe(made)
    await cluster.stop('a')
    await cluster.stop('b')
    await cluster.start('b')
    await cluster.start('a')
    expect(key('b', 'token_secret')).not.toBe(made)
    expect(key('a', 'token_secret')).toBe(key('b', 'token_secret'))
  })

  it('a token of one node lets its user in at the other', async () => {
    await cluster.node('a').registerUser('tess', 'secret')
    const tokens = cluster.node('a').server.moduleApi('localhost', authTokenApi)
    if (tokens === undefined) throw new Error('mod_auth_token runs')
    const { access } = await tokens.issue(Jid.parse('tess@localhost'))
    const asSent = Buffer.from(access, 'base64').toString('latin1')
    expect(await attempt(cluster.node('b'), 'X-OAUTH', asSent)).toBe('success')
    expect(await attempt(cluster.node('b'), 'X-OAUTH', `${asSent.slice(0, -2)}00`)).toBe('not-authorized')
  })

  it('a removed account is unknown at once, whoever remembered it', async () => {
    await cluster.node('a').registerUser('rosa', 'secret')
    const jid = Jid.parse('rosa@localhost')
    expect(await accounts('b').exists(jid)).toBe(true)
    await cluster.command('a', 'account.removeUser', { user: 'rosa@localhost' })
    expect(await accounts('b').exists(jid)).toBe(false)
    expect(await hasPassword('b', 'rosa@localhost', 'secret').catch(({ code }) => code)).toBe('user_does_not_exist')
  })

  it('a password that is changed is the only one at once', async () => {
    await cluster.node('a').registerUser('pia', 'before')
    for (const node of ['a', 'b']) expect(await hasPassword(node, 'pia@localhost', 'before')).toBe(true)
    await cluster.command('a', 'account.changeUserPassword', { user: 'pia@localhost', newPassword: 'after' })
    for (const node of ['a', 'b']) expect(await hasPassword(node, 'pia@localhost', 'before')).toBe(false)
    for (const node of ['a', 'b']) expect(await hasPassword(node, 'pia@localhost', 'after')).toBe(true)
  })

  it('a roster is what another node has made of it', async () => {
    const [here, there] = [await cluster.client('a', 'rita', 'here'), await cluster.client('b', 'rita', 'there')]
    const listed = async () => (await there.roster()).map((item) => item.attr('jid'))
    expect(await listed()).toEqual([])
    await here.asks(`<query xmlns='jabber:iq:roster'><item jid='otto@localhost' name='Otto'/></query>`, 'set')
    expect(await listed()).toEqual(['otto@localhost'])
  })

  it('who is blocked at one node is blocked at the other, for sessions that were there before', async () => {
    const [here, there] = [await cluster.client('a', 'bea', 'here'), await cluster.client('b', 'bea', 'there')]
    const otto = await cluster.client('b', 'otto', 'pc')
    await otto.sends(`<message to='${there.jid}' type='chat' id='m1'><body>1</body></message>`)
    await there.finds(`<message from='${otto.jid}' id='m1'><body>1</body>{any}</message>`)
    await here.asks(`<block xmlns='urn:xmpp:blocking'><item jid='otto@localhost'/></block>`, 'set')
    await otto.sends(`<message to='${there.jid}' type='chat' id='m2'><body>2</body></message>`)
    await otto.receives(`<message from='${there.jid}' type='error' id='m2'>{any}</message>`)
    expect((await there.drains()).filter(({ name }) => name === 'message')).toEqual([])
  })

  it('what waits for somebody is delivered by any node', async () => {
    const otto = await cluster.client('b', 'paul', 'pc')
    for (const [number, node] of ['a', 'b', 'a'].entries()) {
      const lena = await cluster.client(node, 'lena', 'pc', { presence: false })
      await otto.sends(`<message to='lena@localhost' type='chat' id='m${number}'><body>${number}</body></message>`)
      await lena.isPresent()
      await lena.receives(`<message id='m${number}'><body>${number}</body>{any}</message>`)
      await lena.receivesNothing()
      await lena.leaves()
    }
  })

  it('what is on its way to somebody at another node goes there, and is not stored', async () => {
    const [mia, paul] = [await cluster.client('a', 'mia', 'pc'), await cluster.client('b', 'paul', 'phone')]
    await paul.sends(`<message to='mia@localhost' type='chat' id='m1'><body>1</body></message>`)
    await mia.receives(`<message from='${paul.jid}' id='m1'><body>1</body>{any}</message>`)
    await mia.leaves()
    const again = await cluster.client('b', 'mia', 'pc')
    await again.receivesNothing()
  })

  it('any node knows the dialback keys of the others', async () => {
    const secret = await cluster.node('a').server.cluster.secret('s2s.dialback', 32)
    const keys = new DialbackKeys(secret.toString('base64url'))
    for (const node of ['a', 'b']) {
      const port = cluster.node(node).server.ports.find(({ kind }) => kind === 's2s')?.port ?? 0
      const peer = await PaperPeer.connect(port)
      peer.opens('b.test', 'localhost')
      await peer.hears('</stream:features>')
      const right = keys.keyFor({ receiving: 'b.test', originating: 'localhost', streamId: 'x' })
      peer.says(`<db:verify from='b.test' to='localhost' id='x'>${right}</db:verify>`)
      await peer.hears(`type='valid'`)
      peer.destroy()
    }
  })
})
