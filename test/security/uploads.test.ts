import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { SteppedClock } from '../support/stepped-clock.ts'
import { uploadServer } from '../support/upload-server.ts'
import { beginPut, put, slotFor } from '../support/uploads.ts'

/** The status of a request for a path just as it is written. */
function statusOf(origin: string, path: string, method = 'GET'): Promise<number> {
  const { hostname: host, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, method }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.once('error', reject)
    sent.end()
  })
}

/** An address with something in it replaced. */
function altered(url: string, change: (url: URL) => void): string {
  const other = new URL(url)
  change(other)
  return other.href
}

describe('addresses of uploads', () => {
  const clock = new SteppedClock(Date.UTC(2030, 0, 1))
  const own = uploadServer('', '', { clock })
  const type = { 'content-type': 'text/plain' }
  const slot = async (size = 4) => slotFor(await own.client('alice'), { name: 'a.txt', size, type: 'text/plain' })

  it('take one file, once', async () => {
    const { put: url, get } = await slot()
    expect(await put(url, 'four', type)).toBe(201)
    expect(await put(url, 'evil', type)).toBe(409)
    expect(await (await fetch(get)).text()).toBe('four')
    const two = await slot()
    const statuses = await Promise.all([put(two.put, 'four', type), put(two.put, 'more', type)])
    expect(statuses.sort()).toEqual([201, 409])
  })

  it('take no other length, and none that is not told', async () => {
    const { put: url, get } = await slot()
    expect(await put(url, 'fives', type)).toBe(413)
    expect(await put(url, 'two', type)).toBe(400)
    expect(await put(url, '', type)).toBe(400)
    const chunked = beginPut(url, undefined, type)
    expect(await chunked.status).toBe(411)
    chunked.leave()
    expect((await fetch(get)).status).toBe(404)
    expect(await put(url, 'four', type)).toBe(201)
  })

  it('take no other content type', async () => {
    const { put: url } = await slot()
    expect(await put(url, 'four', { 'content-type': 'text/html' })).toBe(415)
    expect(await put(url, 'four', { 'content-type': 'text/plain; charset=utf-8' })).toBe(415)
    expect(await put(url, 'four')).toBe(415)
    expect(await put(url, 'four', { 'content-type': 'Text/Plain' })).toBe(201)
  })

  it('are good for nothing else than what has been signed', async () => {
    const { put: url, get } = await slot()
    const other = await slot(9)
    const token = (address: string) => new URL(address).pathname.split('/')[3] ?? ''
    for (const change of [
      (it: URL) => it.searchParams.set('size', '5'),
      (it: URL) => it.searchParams.delete('size'),
      (it: URL) => it.searchParams.set('type', 'text/html'),
      (it: URL) => it.searchParams.delete('type'),
      (it: URL) => it.searchParams.set('until', String(clock.now() + 1e9)),
      (it: URL) => it.searchParams.set('user', 'bob'),
      (it: URL) => it.searchParams.delete('signature'),
      (it: URL) => it.searchParams.set('signature', ''),
      (it: URL) => it.searchParams.set('signature', 'A'.repeat(43)),
      (it: URL) => it.searchParams.set('signature', new URL(other.put).searchParams.get('signature') ?? ''),
      (it: URL) => {
        it.pathname = it.pathname.replace('a.txt', 'a.html')
      },
      (it: URL) => {
        it.pathname = it.pathname.replace(token(url), token(other.put))
      },
    ]) {
      const forged = altered(url, change)
      expect(forged).not.toBe(url)
      for (const body of ['four', 'fives', 'nine char']) expect(await put(forged, body, type), forged).toBe(403)
    }
    expect(await put(get, 'four', type)).toBe(403)
    expect(await put(url, 'four', type)).toBe(201)
  })

  it('are over after their time', async () => {
    const { put: url, get } = await slot()
    clock.advance(60_000)
    expect(await put(url, 'four', type)).toBe(403)
    expect((await fetch(get)).status).toBe(404)
  })

  it('lead to no other file', async () => {
    const { put: url, get } = await slot()
    expect(await put(url, 'four', type)).toBe(201)
    const { pathname, origin } = new URL(get)
    const [, , domain, token = ''] = pathname.split('/')
    for (const path of [
      '/upload/localhost/../../../../etc/passwd',
      '/upload/localhost/..%2f..%2f..%2fetc/passwd',
      '/upload/localhost/%2e%2e/a.txt',
      `/upload/localhost/unfinished/${token}`,
      `/upload/localhost/${token.slice(0, 2)}%2f${token}/a.txt`,
      `/upload/localhost/${token}%00/a.txt`,
      `/upload/localhost/${token.toUpperCase()}/a.txt`,
      `/upload/other.example/${token}/a.txt`,
      `/upload/localhost/${token}/b.txt`,
      `/upload/localhost/${token}/a.txt/`,
      `/upload/localhost/${token}/`,
      `/upload/localhost/${token}`,
      '/upload/localhost/%ff/a.txt',
      '/upload/',
    ]) {
      expect(await statusOf(origin, path), path).toBe(404)
    }
    expect(await statusOf(origin, `/upload/${domain}/${token}/a.txt`)).toBe(200)
    for (const method of ['POST', 'DELETE', 'PATCH']) expect(await statusOf(origin, pathname, method)).toBe(405)
  })
})

describe('files that browsers would run', () => {
  const own = uploadServer()

  it('are given to be saved, with nothing that they might do', async () => {
    const alice = await own.client('alice')
    const page = '<script>alert(1)</script>'
    for (const type of [
      'text/html',
      'image/svg+xml',
      'application/xhtml+xml',
      'text/xml',
      'text/javascript',
      'application/pdf',
      'x/y',
    ]) {
      const slot = await slotFor(alice, { name: 'a".html\u0130', size: page.length, type })
      expect(await put(slot.put, page, { 'content-type': type })).toBe(201)
      const got = Object.fromEntries((await fetch(slot.get)).headers)
      expect(got).toMatchObject({
        'content-type': 'application/octet-stream',
        'content-disposition': "attachment; filename*=UTF-8''a%22.html%C4%B0",
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
      })
    }
  })

  it('are given as what the client says only where that is harmless', async () => {
    const alice = await own.client('alice')
    for (const [type, shown] of [
      ['text/plain; charset=utf-7', 'text/plain; charset=utf-8'],
      ['IMAGE/PNG', 'image/png'],
      ['image/png, text/html', 'application/octet-stream'],
      ['video/mp4; codecs="a"', 'video/mp4'],
      ['text/html; a=image/png', 'application/octet-stream'],
    ] as const) {
      // Where no type was asked for, that of the upload is kept.
      const slot = await slotFor(alice, { name: 'a', size: 4 })
      expect(await put(slot.put, 'four', { 'content-type': type })).toBe(201)
      expect((await fetch(slot.get)).headers.get('content-type')).toBe(shown)
    }
  })
})
