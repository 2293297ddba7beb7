import { createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, it } from 'vitest'
import { Http2Client } from '../../src/net/http2-client.ts'
import { FakeClock } from '../../src/util/clock.ts'

const clock = new FakeClock()
const held: ServerHttp2Stream[] = []
const connections = new Set<Http2Session>()
const server = createServer()
server.on('stream', (stream, headers) => {
  if (stream.session !== undefined) connections.add(stream.session)
  stream.on('error', () => {})
  if (headers[':path'] === '/hold') held.push(stream)
  else if (headers[':path'] === '/goaway') {
    stream.respond({ ':status': 200 })
    stream.end('last')
    stream.session?.goaway()
  } else {
    stream.respond({ ':status': 200, 'retry-after': '3' })
    stream.end(headers[':path'] === '/long' ? 'x'.repeat(100_000) : `${headers[':method']} ${headers['x-one']}`)
  }
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const client = await Http2Client.open({ origin, requestTimeout: 1000, clock })
afterAll(async () => {
  client.close()
  for (const session of connections) session.destroy()
  await new Promise((resolve) => server.close(resolve))
})
const post = (path: string) => client.post({ path, headers: { 'x-one': '1' }, body: '{}' })

it('posts over one connection', async () => {
  const answers = await Promise.all([post('/a'), post('/b'), post('/c')])
  for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: 'POST 1' })
  expect(answers[0]?.headers['retry-after']).toBe('3')
  expect(connections.size).toBe(1)
})

it('goes on over another connection when the server ends one', async () => {
  expect(await post('/goaway')).toMatchObject({ body: 'last' })
  expect(await post('/a')).toMatchObject({ status: 200 })
  expect(connections.size).toBe(2)
})

it('gives up on an answer that does not come, and on that connection', async () => {
  const answer = post('/hold')
  await expect.poll(() => held.length).toBe(1)
  clock.advance(1000)
  await expect(answer).rejects.toThrow('no answer in time')
  expect(await post('/a')).toMatchObject({ status: 200 })
  expect(connections.size).toBe(3)
})

it('takes no answer that is too long, and tells when a connection is lost', async () => {
  await expect(post('/long')).rejects.toThrow('too long')
  const answer = post('/hold')
  await expect.poll(() => held.length).toBe(2)
  held[1]?.session?.destroy()
  await expect(answer).rejects.toThrow()
})

it('tells when there is no server', async () => {
  const nobody = await Http2Client.open({ origin: 'http://127.0.0.1:1', requestTimeout: 1000, clock })
  await expect(nobody.post({ path: '/', headers: {}, body: '' })).rejects.toThrow('HTTP/2')
  nobody.close()
})
