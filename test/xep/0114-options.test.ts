import { describe, expect, it } from 'vitest'
import { PaperComponent } from '../support/component.ts'
import { ownServer } from '../support/own-server.ts'

const listener = (options: string, password = 'secret') => `[[listen.component]]
port = 0
ip_address = "127.0.0.1"
password = "${password}"
${options}
`

const strict = 0
const replacing = 1
const lenient = 2
const hidden = 3
const restricted = 4

describe('options of listeners for components', () => {
  const own = ownServer(`[acl]
staff = [{ user = "alice", match = "all" }]
[[access.staff]]
acl = "staff"
value = "allow"
${listener('')}
${listener('conflict_behaviour = "kick_old"')}
${listener('check_from = false', 'other')}
${listener('hidden_components = true')}
${listener('access = "staff"')}
[modules.mod_disco]
users_can_see_hidden_services = false
extra_domains = ["extra.localhost", "twice.localhost"]
[modules.mod_pubsub]
`)
  const port = (nth = strict) => own.server.server.ports.filter(({ kind }) => kind === 'component')[nth]?.port ?? 0
  const sub = { attributes: ` is_subdomain='true'` }

  /** The end of a stream that is not let in. */
  async function refused(name: string, nth = strict, attributes = ''): Promise<string> {
    const { peer, id } = await PaperComponent.open(port(nth), name, attributes)
    peer.says(PaperComponent.proof(id))
    return peer.hearsEnd()
  }

  it('core §10: a name that a host or a module has is a conflict', async () => {
    for (const nth of [strict, replacing]) {
      for (const name of ['localhost', 'LOCALHOST', 'pubsub.localhost']) {
        expect(await refused(name, nth)).toMatch(/<conflict .*<\/stream:stream>$/)
      }
    }
    // Beside each hosted domain.
    expect(await refused('pubsub', strict, sub.attributes)).toContain('<conflict ')
  })

  it('conflict_behaviour = "disconnect": the newcomer has to go', async () => {
    const first = await PaperComponent.connect(port(), 'echo.localhost')
    expect(await refused('echo.localhost')).toContain('<conflict ')
    const alice = await own.client('alice', 'x')
    alice.sends(`<message to='echo.localhost' id='m1'><body>Hi</body></message>`)
    await first.hears(`id='m1'`)
    await first.leaves()
  })

  it('conflict_behaviour = "kick_old": the older one has to go', async () => {
    const first = await PaperComponent.connect(port(replacing), 'echo.localhost')
    const second = await PaperComponent.connect(port(replacing), 'echo.localhost')
    const end = await first.peer.hearsEnd()
    expect(end).toMatch(/<conflict .*Replaced by new connection.*<\/stream:stream>$/)
    const alice = await own.client('alice', 'x')
    alice.sends(`<message to='echo.localhost' id='m1'><body>Hi</body></message>`)
    await second.hears(`id='m1'`)
    await second.leaves()
  })

  it('core §10: is_subdomain stands beside every hosted domain, and by itself', async () => {
    const component = await PaperComponent.connect(port(), 'chat', sub)
    const alice = await own.client('alice', 'x')
    for (const domain of ['chat', 'chat.localhost']) {
      alice.sends(`<message to='a@${domain}' id='m1'><body>Hi</body></message>`)
      expect(await component.hears('</message>')).toContain(`to='a@${domain}'`)
      component.says(`<message from='a@${domain}' to='alice@localhost/x' id='m2'><body>Ho</body></message>`)
      await alice.receives(`<message from='a@${domain}' to='alice@localhost/x' id='m2'><body>Ho</body></message>`)
    }
    component.says(`<message from='a@chat.elsewhere' to='alice@localhost/x' id='m3'><body>Ho</body></message>`)
    expect(await component.hears('</message>')).toContain('<bad-request ')
    alice.sends(`<message to='chat.elsewhere' id='m4'><body>Hi</body></message>`)
    const back = await alice.takes((element) => element.attr('id') === 'm4')
    expect(String(back)).toContain('<service-unavailable')
    expect(await refused('chat.localhost')).toContain('<conflict ')
    const replacement = await PaperComponent.connect(port(replacing), 'chat.localhost')
    expect(await component.peer.hearsEnd()).toContain('<conflict ')
    await replacement.leaves()
  })

  it('check_from = false: it may send in the name of others, and every port has its own password', async () => {
    const component = await PaperComponent.connect(port(lenient), 'any.localhost', { password: 'other' })
    const alice = await own.client('alice', 'x')
    component.says(`<message from='bob@localhost/x' to='alice@localhost/x' id='m1'><body>Hi</body></message>`)
    await alice.receives(`<message from='bob@localhost/x' to='alice@localhost/x' id='m1'><body>Hi</body></message>`)
    await component.leaves()
    expect(await refused('any.localhost', lenient)).toContain('<not-authorized ')
  })

  it('access: whoever may not reach a component is told so', async () => {
    const component = await PaperComponent.connect(port(restricted), 'staff.localhost')
    const [alice, bob] = [await own.client('alice', 'x'), await own.client('bob', 'x')]
    bob.sends(`<message to='staff.localhost' id='m1'><body>Hi</body></message>`)
    const back = await bob.takes((element) => element.attr('id') === 'm1')
    expect(String(back)).toContain('<not-allowed')
    await bob.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'staff.localhost', refused: 'not-allowed' })
    bob.sends(`<presence to='room@staff.localhost/bob' id='p1'/>`)
    const refusal = await bob.takes((element) => element.attr('id') === 'p1')
    expect(String(refusal)).toContain('<not-allowed')
    alice.sends(`<message to='staff.localhost' id='m2'><body>Hi</body></message>`)
    expect(await component.hears('</message>')).toContain(`id='m2'`)
    await component.leaves()
  })

  it('mod_disco: components of the domain are listed, each once; hidden ones not for users', async () => {
    const components = [
      await PaperComponent.connect(port(), 'shown.localhost'),
      await PaperComponent.connect(port(), 'twice.localhost'),
      await PaperComponent.connect(port(hidden), 'hidden.localhost'),
      await PaperComponent.connect(port(), 'foreign.example'),
      await PaperComponent.connect(port(), 'prefix', sub),
    ]
    const alice = await own.client('alice', 'x')
    const query = `<query xmlns='http://jabber.org/protocol/disco#items'/>`
    const items = await alice.asks(query, 'get', { to: 'localhost' })
    const listed = items.elements().flatMap((list) => list.elements())
    expect(listed.map((item) => item.attr('jid')).sort()).toEqual(
      ['extra.localhost', 'prefix.localhost', 'pubsub.localhost', 'shown.localhost', 'twice.localhost'].sort(),
    )
    expect(listed.find((item) => item.attr('jid') === 'twice.localhost')?.attr('name')).toBe('twice.localhost')
    components[0]?.says(`<iq type='get' id='q1' from='shown.localhost' to='localhost'>${query}</iq>`)
    const seen = (await components[0]?.hears('</iq>')) ?? ''
    expect(seen).toContain(`jid='hidden.localhost'`)
    expect(seen).not.toContain('foreign.example')
    alice.sends(`<message to='hidden.localhost' id='m1'><body>Hi</body></message>`)
    await components[2]?.hears(`id='m1'`)
    for (const component of components) await component.leaves()
    const after = await alice.asks(query, 'get', { to: 'localhost' })
    expect(String(after)).not.toContain('shown.localhost')
  })
})
