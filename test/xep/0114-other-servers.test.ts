import { describe, expect, it } from 'vitest'
import { PaperComponent } from '../support/component.ts'
import { type FederatedOptions, inTheClear, trusted, twoServers } from '../support/federated.ts'

const tables = `[[listen.component]]\nport = 0\nip_address = "127.0.0.1"\npassword = "secret"\n`
const ways: readonly (readonly [string, FederatedOptions])[] = [
  ['by certificate (XEP-0178)', trusted],
  ['by dialback (XEP-0220)', inTheClear],
]

describe.each(ways)('a component and other servers, %s', (_way, options) => {
  const servers = twoServers({ ...options, tables })
  const portOf = ({ server }: typeof servers.a) => server.ports.find(({ kind }) => kind === 'component')?.port ?? 0

  it('core §9, §10: it is reached by them, and reaches them', async () => {
    const component = await PaperComponent.connect(portOf(servers.a), 'gateway.a.test')
    const bob = await servers.b.client('bob', 'x')
    bob.sends(`<message to='room@gateway.a.test' id='m1'><body>Hi</body></message>`)
    expect(await component.hears('</message>')).toBe(
      `<message from='bob@b.test/x' to='room@gateway.a.test' id='m1'><body>Hi</body></message>`,
    )
    component.says(`<message from='room@gateway.a.test/who' to='bob@b.test/x' id='m2'><body>Ho</body></message>`)
    await bob.receives(`<message from='room@gateway.a.test/who' to='bob@b.test/x' id='m2'><body>Ho</body></message>`)
    component.says(`<iq type='get' from='gateway.a.test' to='b.test' id='q1'><ping xmlns='urn:xmpp:ping'/></iq>`)
    expect(await component.hears(`id='q1'/>`)).toContain(`type='result'`)
    await component.leaves()
  })

  it('core §9.2: two of them talk, each at its own server', async () => {
    const [one, other] = [
      await PaperComponent.connect(portOf(servers.a), 'gateway.a.test'),
      await PaperComponent.connect(portOf(servers.b), 'gateway.b.test'),
    ]
    one.says(`<message from='a@gateway.a.test' to='b@gateway.b.test' id='m1'><body>Hi</body></message>`)
    expect(await other.hears('</message>')).toContain(`from='a@gateway.a.test' to='b@gateway.b.test'`)
    other.says(`<message from='b@gateway.b.test' to='a@gateway.a.test' id='m2'><body>Ho</body></message>`)
    expect(await one.hears('</message>')).toContain(`from='b@gateway.b.test' to='a@gateway.a.test'`)
    await one.leaves()
    await other.leaves()
  })

  it('core §10: a domain whose component is gone is served no more', async () => {
    const component = await PaperComponent.connect(portOf(servers.b), 'gateway.b.test')
    const alice = await servers.a.client('alice', 'x')
    alice.sends(`<message to='gateway.b.test' id='m1'><body>Hi</body></message>`)
    await component.hears('</message>')
    await component.leaves()
    // On the stream that stands the domain has been proven: what comes for it has nowhere to go.
    alice.sends(`<message to='gateway.b.test' id='m2'><body>Hi</body></message>`)
    await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'b.test' })
    const again = await PaperComponent.connect(portOf(servers.b), 'gateway.b.test')
    alice.sends(`<message to='gateway.b.test' id='m3'><body>Hi</body></message>`)
    expect(await again.hears('</message>')).toContain(`id='m3'`)
    await again.leaves()
  })
})

describe('a component where there are other servers by host', () => {
  const servers = twoServers({ ...inTheClear, s2s: 'default_policy = "deny"' }, { ...inTheClear, tables })
  const port = () => servers.b.server.ports.find(({ kind }) => kind === 'component')?.port ?? 0

  it('core §9.2: is told when the other one cannot be reached or will not talk', async () => {
    const component = await PaperComponent.connect(port(), 'gateway.b.test')
    component.says(`<message from='gateway.b.test' to='alice@a.test' id='m1'><body>Hi</body></message>`)
    expect(await component.hears('</message>')).toContain('<remote-server-not-found')
    component.says(`<message from='gateway.b.test' to='alice@sub.b.test' id='m2'><body>Hi</body></message>`)
    expect(await component.hears('</message>')).toContain('<service-unavailable')
    await component.leaves()
  })
})
