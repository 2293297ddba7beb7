import { describe, expect, it } from 'vitest'
import { compileRoute, firstMatch, type Route, RouteError } from './rules.ts'

type Written = readonly [host: string, path: string, upstream: string, method?: string]

/** Where rules send a request for `host/path`; undefined for nowhere. */
function goesTo(rules: readonly Written[], place: string, method = 'GET'): string | undefined {
  const compiled = rules.map(([host, path, upstream, only = '_']) =>
    compileRoute({ host, path, upstream, method: only } satisfies Route),
  )
  const [, authority = '', path = '', query = ''] = /^([^/]*)(\/[^?]*)(.*)$/.exec(place) ?? []
  const found = firstMatch(compiled, { method, authority, path, query })
  if (found === undefined) return undefined
  const { isSecure, hostname, port, path: sent } = found
  return `${isSecure ? 'https' : 'http'}://${hostname}:${port}${sent}`
}

describe('rules of a reverse proxy', () => {
  const shop: Written = ['shop.ex.org', '/old', 'https://shop.ex.org/']
  const both: Written = [':t.ex.org', '/:t', 'http://localhost:9000/']
  const hostInPath: Written = [':t.org', '/', 'http://localhost:9000/:t']
  const api: Written = ['_', '/api', 'http://10.0.0.5']
  it.each([
    [shop, 'shop.ex.org/old/cart/7?u=1', 'https://shop.ex.org:443/cart/7?u=1'],
    [both, 'blue.ex.org/blue/i.html', 'http://localhost:9000/i.html'],
    [both, 'blue.ex.org/red/i.html', undefined],
    [hostInPath, 'blue.org/def', 'http://localhost:9000/blue/def'],
    [api, 'any/api/v1/x', 'http://10.0.0.5:80/api/v1/x'],
  ])('%j sends %s to %s', (rule, place, wanted) => {
    expect(goesTo([rule], place)).toBe(wanted)
  })

  it('are tried in their order, each for its method', () => {
    const rules: Written[] = [
      ['_', '/a', 'http://post/', 'post'],
      ['_', '/a', 'http://first/'],
      ['_', '/', 'http://second'],
    ]
    expect(goesTo(rules, 'x/a/b', 'POST')).toBe('http://post:80/b')
    expect(goesTo(rules, 'x/a/b')).toBe('http://first:80/b')
    expect(goesTo(rules, 'x/ab')).toBe('http://second:80/ab')
    expect(goesTo([], 'x/a')).toBeUndefined()
  })

  it.each([
    // Empty parts are none, but for a slash at the end.
    [['_', '/a/b', 'http://u'], 'h//a///b', 'http://u:80/a/b'],
    [['_', '/admin/', 'http://u/'], 'h/admin', 'http://u:80/'],
    [['_', '/a', 'http://u'], 'h/a/', 'http://u:80/a/'],
    [['_', '/a', 'http://u/x'], 'h/a/', 'http://u:80/x/'],
    [['_', '/a', 'http://u/x'], 'h/a', 'http://u:80/x'],
    [['_', '/a', 'http://u/x/'], 'h/a/b', 'http://u:80/x/b'],
    [['_', '/', 'http://u'], 'h/', 'http://u:80/'],
    [['_', '_', 'http://u'], 'h/a/b', 'http://u:80/a/b'],
    [['_', '_', 'http://u/x'], 'h/a/b', 'http://u:80/x/a/b'],
    [['_', '/', 'http://u/x'], 'h/a/b', 'http://u:80/x/a/b'],
    // A query stays as it is and does not hinder the last part.
    [['_', '/a', 'http://u'], 'h/a?x=1/2&y=http://z', 'http://u:80/a?x=1/2&y=http://z'],
    [['_', '/:t', 'http://u/:t/'], 'h/v?q', 'http://u:80/v/?q'],
    // Names are the same in any case, and so are their parts beside those of paths.
    [['Ex.ORG', '/', 'http://u'], 'eX.org/', 'http://u:80/'],
    [[':t.org', '/:t', 'http://u/:t'], 'blue.org/Blue', 'http://u:80/Blue'],
    // A port is a part of its name.
    [['ex.org', '/', 'http://u'], 'ex.org:8080/', undefined],
    [['ex.org:8080', '/', 'http://u'], 'ex.org:8080/', 'http://u:80/'],
    [['ex.org', '/', 'http://u'], 'a.ex.org/', undefined],
    [['_', '/A', 'http://u'], 'h/a', undefined],
    [['_', '/:a/:a', 'http://u/:a'], 'h/x/x/y', 'http://u:80/x/y'],
    [['_', '/:a/:a', 'http://u/:a'], 'h/x/y', undefined],
    [['_', '/a/:b', 'http://u'], 'h/a/', undefined],
    [['_', '/', 'https://[::1]:8443/'], 'h/a', 'https://::1:8443/a'],
    [['_', '/:t', 'http://:t.in.example:81'], 'h/blue/x', 'http://blue.in.example:81/blue/x'],
    [['_', '/:t', 'http://:t:81/'], 'h/blue/x', 'http://blue:81/x'],
  ] as const)('%j: %s goes to %s', (rule, place, wanted) => {
    expect(goesTo([rule], place)).toBe(wanted)
  })

  it.each(['evil.example', 'a@b', 'a:80', 'a%2f', '..'])('never make another host of the part %s', (part) => {
    expect(goesTo([['_', '/:t', 'http://:t.in.example/']], `h/${part}/x`)).toBeUndefined()
  })

  it.each([
    ['host', [':', '/', 'http://u']],
    ['path', ['_', '/:', 'http://u']],
    ['upstream', ['_', '/:a', 'http://u/:b']],
    ['upstream', ['_', '/', 'http://:b/']],
    ['upstream', ['_', '/', 'ftp://u/']],
    ['upstream', ['_', '/', 'http://']],
    ['upstream', ['_', '/', 'http://a@b/']],
    ['upstream', ['_', '/', 'http://u:0/']],
    ['upstream', ['_', '/', 'http://u:65536/']],
    ['upstream', ['_', '/', 'http://u/?q']],
    ['upstream', ['_', '/', 'http://ü.example/']],
  ] as const)('say what is wrong with %s of %j', (key, [host, path, upstream]) => {
    const compile = () => compileRoute({ host, path, upstream, method: '_' })
    expect(compile).toThrow(RouteError)
    expect(compile).toThrow(expect.objectContaining({ key }))
  })
})
