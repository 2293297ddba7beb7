import { describe, expect, it } from 'vitest'
import { inTheClear, twoServers } from '../support/federated.ts'

describe('XEP-0220: two servers without certificates', () => {
  const servers = twoServers(inTheClear)

  it('§2.1 prove their domains to each other, and a message goes each way', async () => {
    const alice = await servers.a.client('alice', 'phone')
    const bob = await servers.b.client('bob', 'desk')
    alice.sends(`<message to='bob@b.test' id='m1' type='chat'><body>Hi</body></message>`)
    await bob.receives(
      `<message from='alice@a.test/phone' to='bob@b.test' id='m1' type='chat'><body>Hi</body></message>`,
    )
    bob.sends(`<message to='alice@a.test/phone' id='m2' type='chat'><body>Hello</body></message>`)
    await alice.receives(
      `<message from='bob@b.test/desk' to='alice@a.test/phone' id='m2' type='chat'><body>Hello</body></message>`,
    )
    expect(servers.a.server.federation.outgoing + servers.a.server.federation.incoming).toBeGreaterThan(0)
  })
})
