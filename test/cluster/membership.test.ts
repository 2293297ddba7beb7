import { expect, it } from 'vitest'
import { RedisPool } from '../../src/net/redis-pool.ts'
import { ServerFolder } from '../support/child-server.ts'
import { onCluster, TestCluster } from '../support/cluster.ts'

const all = ['a@test', 'b@test', 'c@test']

onCluster('nodes of a cluster', () => {
  const cluster = new TestCluster('', ['a', 'b', 'c'])

  const ready = async (name: string) => {
    const response = await fetch(`${cluster.node(name).httpUrl}/health/ready`)
    return { status: response.status, body: (await response.json()) as { reasons?: string[] } }
  }

  const redis = () =>
    RedisPool.open({
      ...{ host: '127.0.0.1', port: cluster.redis.port, password: cluster.redis.password, database: 0 },
      ...{ workers: 1, callTimeout: 5000, onHealth: () => {} },
    })

  it('find each other, and say so', async () => {
    for (const name of ['a', 'b', 'c']) await expect.poll(() => cluster.seenBy(name)).toEqual(all)
    expect(cluster.node('b').server.status()).toMatchObject({
      node: 'b@test',
      cluster: expect.stringContaining('protocol 1: '),
    })
    const info = await cluster.command('a', 'cets.systemInfo')
    expect(info).toMatchObject({ joinedNodes: expect.arrayContaining(all), unavailableNodes: [], discoveryWorks: true })
    expect(await cluster.command('a', 'cets.tableInfo')).toContainEqual({
      tableName: 'nodes',
      memory: null,
      size: 3,
      nodes: expect.arrayContaining(all),
    })
    expect(await ready('a')).toEqual({ status: 200, body: { status: 'started' } })
  })

  it('tell each other things once and in order, and hear that they have been taken in', async () => {
    const heard: unknown[] = []
    const taken = cluster.node('b').server.cluster.hear('test', async (body, from) => {
      await Promise.resolve()
      heard.push([from.name, body])
    })
    const { cluster: a } = cluster.node('a').server
    await Promise.all([1, 2, 3].map((number) => a.tell('test', number)))
    await a.tell('test', { text: 'ünï 😀' })
    expect(heard).toEqual([1, 2, 3, { text: 'ünï 😀' }].map((body) => ['a@test', body]))
    taken()
    await a.tell('test', 'nobody listens')
    expect(heard).toHaveLength(4)
  })

  it('have the same secrets, whoever asks first', async () => {
    const secrets = await Promise.all(
      ['a', 'b', 'c'].map((name) => cluster.node(name).server.cluster.secret('test', 32)),
    )
    expect(new Set(secrets.map((secret) => secret.toString('hex'))).size).toBe(1)
    expect(secrets[0]).toHaveLength(32)
    expect((await cluster.node('a').server.cluster.secret('other', 32)).equals(secrets[0] as Buffer)).toBe(false)
  })

  it('do not take a node whose name is taken, or that speaks otherwise', async () => {
    await expect(cluster.start('a', { cluster: 'pool_tag = "default"' })).rejects.toThrow(
      'a@test is in the cluster already',
    )
    const other = await redis()
    await other.call('HSET', '{meerkat:old}:nodes', 'z@test', JSON.stringify({ run: 'r', protocol: 0, version: '0' }))
    await other.call('SET', '{meerkat:old}:alive:z@test', 'r')
    await expect(cluster.start('d', { cluster: 'name = "old"' })).rejects.toThrow(
      'z@test speaks version 0 of the cluster protocol',
    )
    other.close()
  })

  it('say what cannot be done with a node', async () => {
    const join = (node: string) => cluster.command('a', 'server.joinCluster', { node })
    await expect(join('b@test')).rejects.toMatchObject({ code: 'already_joined' })
    await expect(join('a@test')).rejects.toMatchObject({ code: 'self' })
    await expect(join('z@test')).rejects.toMatchObject({ code: 'node_down' })
    const remove = (node: string) => cluster.command('a', 'server.removeFromCluster', { node })
    await expect(remove('a@test')).rejects.toMatchObject({ code: 'self' })
    await expect(remove('z@test')).rejects.toMatchObject({ code: 'node_not_found' })
  })

  it('leave in good order, and come again', async () => {
    const { server } = cluster.node('c')
    expect(await cluster.command('c', 'server.leaveCluster')).toBe(
      'The node c@test has left the cluster: it is stopping',
    )
    await server.stopped
    await cluster.stop('c')
    for (const name of ['a', 'b'])
      await expect.poll(() => cluster.seenBy(name), { timeout: 5000 }).toEqual(all.slice(0, 2))
    await cluster.start('c')
    await expect.poll(() => cluster.seenBy('a')).toEqual(all)
  })

  it('are told to leave by another one', async () => {
    const { server } = cluster.node('c')
    expect(await cluster.command('a', 'server.removeFromCluster', { node: 'c@test' })).toBe(
      'The node c@test has been removed from the cluster',
    )
    await server.stopped
    await cluster.stop('c')
    await expect.poll(() => cluster.seenBy('b'), { timeout: 5000 }).toEqual(all.slice(0, 2))
  })

  it('are given up when they are dead, and may come again at once', async () => {
    const folder = new ServerFolder(cluster.fileOf('k'))
    try {
      const first = await folder.start()
      await expect.poll(() => cluster.seenBy('a')).toContain('k@test')
      first.kill('SIGKILL')
      await first.exited
      const second = await folder.start()
      await expect.poll(() => cluster.seenBy('a')).toContain('k@test')
      second.kill('SIGKILL')
      await second.exited
      await expect.poll(() => cluster.seenBy('a'), { timeout: 6000 }).not.toContain('k@test')
      await expect.poll(() => cluster.seenBy('b'), { timeout: 6000 }).not.toContain('k@test')
    } finally {
      folder.remove()
    }
  }, 60_000)

  it('are not ready while Redis is away, join anew when it is back with nothing, and have the secrets that they had', async () => {
    const before = await cluster.node('a').server.cluster.secret('test', 32)
    const heard: unknown[] = []
    cluster.node('b').server.cluster.hear('later', (body) => heard.push(body))
    let missed = 0
    cluster.node('b').server.cluster.onMissed(() => missed++)
    await cluster.redis.stop()
    const unreachable = 'the cluster cannot be reached'
    await expect.poll(async () => (await ready('a')).body.reasons, { timeout: 10_000 }).toContain(unreachable)
    await cluster.redis.run()
    await expect.poll(async () => (await ready('a')).status, { timeout: 20_000 }).toBe(200)
    await expect.poll(() => cluster.seenBy('a'), { timeout: 10_000 }).toEqual(all.slice(0, 2))
    await expect.poll(() => cluster.seenBy('b'), { timeout: 10_000 }).toEqual(all.slice(0, 2))
    expect(missed).toBe(1)
    await cluster.node('a').server.cluster.tell('later', 'back')
    expect(heard).toEqual(['back'])
    await cluster.start('d')
    expect((await cluster.node('d').server.cluster.secret('test', 32)).equals(before)).toBe(true)
  }, 60_000)
})
