import { describe, expect, it } from 'vitest'
import { type FederatedServer, trusted, twoServers } from '../support/federated.ts'

const counts = ({ server: { federation } }: FederatedServer) => [federation.incoming, federation.outgoing]

async function talk(a: FederatedServer, b: FederatedServer): Promise<void> {
  const [alice, bob] = [await a.client('alice', 'x'), await b.client('bob', 'y')]
  alice.sends(`<message to='bob@b.test' id='m1'><body>Hi</body></message>`)
  await bob.receives(`<message from='alice@a.test/x' to='bob@b.test' id='m1'><body>Hi</body></message>`)
  bob.sends(`<message to='alice@a.test' id='m2'><body>Hello</body></message>`)
  await alice.receives(`<message from='bob@b.test/y' to='alice@a.test' id='m2'><body>Hello</body></message>`)
}

describe('XEP-0288: a connection for both directions', () => {
  const servers = twoServers(trusted)

  it('is used for the answer, too', async () => {
    await talk(servers.a, servers.b)
    expect(counts(servers.a)).toEqual([0, 1])
    expect(counts(servers.b)).toEqual([1, 0])
  })
})

describe('XEP-0288 where one side does without', () => {
  const servers = twoServers({ ...trusted, outgoing: 'bidi = false' }, trusted)

  it('each side has a connection of its own', async () => {
    await talk(servers.a, servers.b)
    expect(counts(servers.a)).toEqual([1, 1])
    expect(counts(servers.b)).toEqual([1, 1])
  })
})
