import { describe, expect, it } from 'vitest'
import { RouteTable } from './route-table.ts'

function table(...mounts: [host: string, path: string][]) {
  return new RouteTable(mounts.map(([host, path]) => ({ host, path, value: `${host} ${path}` })))
}

describe('the route table', () => {
  it('prefers the longest literal path, whatever the order', () => {
    const routes = table(['_', '/[...]'], ['_', '/api/[...]'], ['_', '/api/:name'], ['_', '/api/users'])
    expect(routes.find('a', '/api/users')?.value).toBe('_ /api/users')
    expect(routes.find('a', '/api/rooms')?.value).toBe('_ /api/:name')
    expect(routes.find('a', '/api/rooms/1')?.value).toBe('_ /api/[...]')
    expect(routes.find('a', '/other')?.value).toBe('_ /[...]')
    expect(routes.find('a', '/')?.value).toBe('_ /[...]')
  })

  it('prefers the very host and falls back to any', () => {
    const routes = table(['_', '/ws'], ['chat.example', '/[...]'], ['[...]', '/only-any'])
    expect(routes.find('CHAT.example', '/ws')?.value).toBe('chat.example /[...]')
    expect(routes.find('other.example', '/ws')?.value).toBe('_ /ws')
    expect(routes.find('other.example', '/only-any')?.value).toBe('[...] /only-any')
    expect(routes.find('other.example', '/none')).toBeUndefined()
  })

  it('hands out named parts, optional parts and the rest, decoded', () => {
    const routes = table(['_', '/users/:domain/[:user]'], ['_', '/files/[...]'])
    expect(routes.find('a', '/users/d%20e/romeo')?.params).toEqual({ domain: 'd e', user: 'romeo' })
    expect(routes.find('a', '/users/d')?.params).toEqual({ domain: 'd' })
    expect(routes.find('a', '/users/d/')?.params).toEqual({ domain: 'd' })
    expect(routes.find('a', '/users/')).toBeUndefined()
    expect(routes.find('a', '/users/d/u/more')).toBeUndefined()
    expect(routes.find('a', '/files/a/b%2fc/')?.rest).toEqual(['a', 'b/c', ''])
  })

  it('finds nothing for a path that cannot be decoded', () => {
    expect(table(['_', '/[...]']).find('a', '/%zz')).toBeUndefined()
    expect(table(['_', '/[...]']).find('a', '*')).toBeUndefined()
  })

  it('refuses patterns with something behind an optional part', () => {
    expect(() => table(['_', '/[...]/x'])).toThrow('/[...]/x')
    expect(() => table(['_', '/[:a]/x'])).toThrow('/[:a]/x')
  })
})
