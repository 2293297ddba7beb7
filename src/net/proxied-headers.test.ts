import { describe, expect, it } from 'vitest'
import { addHeaders, endToEnd } from './proxied-headers.ts'

describe('header fields that are passed on', () => {
  it('are all but those of the connection, and those that it names', () => {
    const headers = endToEnd([
      ...['Host', 'ex.org', 'Connection', 'close, X-Mine', 'Connection', 'x-too', 'Keep-Alive', '5', 'X-Mine', 'a'],
      ...['X-Too', 'b', 'TE', 'trailers', 'Trailer', 'x', 'Upgrade', 'h2c', 'Proxy-Authorization', 'p'],
      ...['Transfer-Encoding', 'chunked', 'Accept', 'x', 'Accept', 'y'],
    ])
    expect([...headers]).toEqual([
      ['host', ['ex.org']],
      ['accept', ['x', 'y']],
    ])
  })

  it('keep host and length, whatever the connection says', () => {
    expect([...endToEnd(['Host', 'h', 'Content-Length', '3', 'Connection', 'host, content-length']).keys()]).toEqual([
      'host',
      'content-length',
    ])
  })

  it('are joined by others, which take the place of those of their name', () => {
    const headers = endToEnd(['X-Secret', 'forged', 'Accept', 'x'])
    addHeaders(headers, [
      { name: 'x-secret', value: 'one' },
      { name: 'X-Secret', value: 'two' },
    ])
    expect([...headers]).toEqual([
      ['accept', ['x']],
      ['x-secret', ['one', 'two']],
    ])
  })
})
