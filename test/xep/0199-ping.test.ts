import { expect } from 'vitest'
import { story } from '../support/story.ts'

const ping = `<ping xmlns='urn:xmpp:ping'/>`

story('§4.2 a client pings the server and gets an empty result', { over: 'every' }, async ({ alice, server }) => {
  const pc = await alice.client('pc')
  const result = await pc.asks(ping, 'get', { to: server.domain })
  expect(result.children).toEqual([])
  expect(result.attr('from')).toBe(server.domain)
})
