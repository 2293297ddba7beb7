import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Client } from '../support/client.ts'
import { SteppedClock } from '../support/stepped-clock.ts'
import { uploadServer } from '../support/upload-server.ts'
import { beginPut, filesIn, put, type SlowUpload, slotFor, slotRequest, until, uploadNs } from '../support/uploads.ts'
import { NS } from '../support/xml.ts'

const day = 86_400_000
const service = 'upload.localhost'

describe('files in a folder of the server', () => {
  const own = uploadServer()

  it('are uploaded to one address and got from another, by whoever knows it', async () => {
    const alice = await own.client('alice')
    const slot = await slotFor(alice, { name: 'très cool.jpg', size: 10, type: 'image/jpeg' })
    expect(slot.get).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/upload\/localhost\/[0-9a-f]{64}\/tr%C3%A8s%20cool\.jpg$/)
    expect(slot.put.startsWith(`${slot.get}?size=10&type=image%2Fjpeg&user=alice&until=`)).toBe(true)
    expect((await fetch(slot.get)).status).toBe(404)
    expect(await put(slot.put, '0123456789', { 'content-type': 'image/jpeg' })).toBe(201)
    const got = await fetch(slot.get)
    expect([got.status, await got.text()]).toEqual([200, '0123456789'])
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': '10',
      'content-disposition': "inline; filename*=UTF-8''tr%C3%A8s%20cool.jpg",
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      'access-control-allow-origin': '*',
      'accept-ranges': 'bytes',
    })
    const head = await fetch(slot.get, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', ''])
    expect(await filesIn(own.folder)).toEqual([slot.get.split('/').at(-2)])
  })

  it('are got in parts, and not again by who has them', async () => {
    const alice = await own.client('alice')
    const slot = await slotFor(alice, { name: 'a', size: 10 })
    expect(await put(slot.put, '0123456789')).toBe(201)
    const get = (headers: Record<string, string>) => fetch(slot.get, { headers })
    const part = await get({ range: 'bytes=2-4' })
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234'])
    expect(await (await get({ range: 'bytes=-3' })).text()).toBe('789')
    const beyond = await get({ range: 'bytes=10-' })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10'])
    const tag = part.headers.get('etag') ?? ''
    expect((await get({ 'if-none-match': `"x", ${tag}` })).status).toBe(304)
    expect((await get({ 'if-none-match': '"x"' })).status).toBe(200)
    expect((await get({ range: 'bytes=2-4', 'if-range': tag })).status).toBe(206)
    expect((await get({ range: 'bytes=2-4', 'if-range': '"x"' })).status).toBe(200)
  })

  it('are uploaded from pages of other origins', async () => {
    const alice = await own.client('alice')
    const slot = await slotFor(alice, { name: 'a', size: 1 })
    const headers = { origin: 'https://chat.example', 'access-control-request-method': 'PUT' }
    const preflight = await fetch(slot.put, { method: 'OPTIONS', headers })
    expect(preflight.status).toBe(204)
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD, PUT',
      'access-control-allow-headers': 'content-type, range',
    })
    expect((await fetch(slot.get, { method: 'DELETE' })).status).toBe(405)
  })

  it('outlive a restart, as do addresses', async () => {
    const alice = await own.client('alice')
    const [stored, later] = [await slotFor(alice, { name: 'a', size: 4 }), await slotFor(alice, { name: 'b', size: 4 })]
    expect(await put(stored.put, 'four')).toBe(201)
    await own.restart()
    expect(await (await fetch(stored.get)).text()).toBe('four')
    expect(await put(later.put, 'more')).toBe(201)
  })

  it('may be nobody’s, or somebody’s, where a command makes the slot', async () => {
    await own.client('bob')
    const input = { domain: 'localhost', filename: 'a', size: 4, timeout: 60 }
    for (const user of [undefined, 'bob@localhost']) {
      const urls = (await own.command('httpUpload.getUrl', { ...input, ...(user && { user }) })) as Record<
        string,
        string
      >
      expect(await put(urls['putUrl'] ?? '', 'four')).toBe(201)
      expect(await (await fetch(urls['getUrl'] ?? '')).text()).toBe('four')
    }
  })

  it('are among what somebody is told of their data', async () => {
    const carol = await own.client('carol')
    const slot = await slotFor(carol, { name: 'my "own".txt', size: 4 })
    await slotFor(carol, { name: 'never came', size: 4 })
    expect(await put(slot.put, 'four')).toBe(201)
    const path = join(own.folder, '..', `personal-${Date.now()}.zip`)
    await own.command('gdpr.retrievePersonalData', { username: 'carol', domain: 'localhost', resultFilepath: path })
    const read = 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read("uploads.csv").decode(), end="")'
    const table = execFileSync('python3', ['-c', read, path], { encoding: 'utf8' }).split('\n')
    execFileSync('rm', [path])
    expect(table[0]?.trim()).toBe('name,size,url,time')
    expect(table[1]).toMatch(/^"my ""own""\.txt","?4"?,/)
    expect(table[1]).toContain(slot.get)
    expect(table).toHaveLength(3)
  })

  it('go with the account, also one that is on its way', async () => {
    const before = await filesIn(own.folder)
    const dora = await own.client('dora')
    const [stored, coming] = [await slotFor(dora, { name: 'a', size: 4 }), await slotFor(dora, { name: 'b', size: 8 })]
    expect(await put(stored.put, 'four')).toBe(201)
    const upload = beginPut(coming.put, 8)
    await upload.begun
    upload.send('half')
    await until(async () => (await filesIn(own.folder)).length === before.length + 2)
    await own.command('account.removeUser', { user: 'dora@localhost' })
    upload.send('half')
    upload.end()
    expect(await upload.status).toBe(410)
    for (const { get } of [stored, coming]) expect((await fetch(get)).status).toBe(404)
    expect((await filesIn(own.folder)).sort()).toEqual(before.sort())
  })
})

describe('what one account may have', () => {
  const clock = new SteppedClock(Date.UTC(2030, 0, 1))
  const limits = 'max_user_files = 3\nmax_user_size = 100\nmax_day_size = 60\nkeep_days = 2'
  const own = uploadServer(limits, '', { clock })

  async function refused(client: Client, size: number) {
    const file = slotRequest({ name: 'a', size })
    const answer = await client.asks(file, 'get', { to: service, refused: 'resource-constraint' })
    return answer.child('error', NS.client)
  }
  /** Uploads a file of so many bytes. */
  async function upload(client: Client, size: number): Promise<void> {
    const { put: url } = await slotFor(client, { name: 'a', size })
    expect(await put(url, 'a'.repeat(size))).toBe(201)
  }

  it('is limited by day; slots that are not used count as long as they are good', async () => {
    const alice = await own.client('alice', 'one')
    await upload(alice, 40)
    await slotFor(alice, { name: 'b', size: 20 })
    const error = await refused(alice, 1)
    expect(error?.attr('type')).toBe('wait')
    const stamp = error?.child('retry', uploadNs)?.attr('stamp') ?? ''
    expect(Date.parse(stamp)).toBe(clock.now() + day)
    clock.advance(61_000)
    const later = await own.client('alice', 'two')
    await upload(later, 20)
    expect(Date.parse((await refused(later, 1))?.child('retry', uploadNs)?.attr('stamp') ?? '')).toBe(Date.parse(stamp))
    const bob = await own.client('bob')
    await upload(bob, 60)
  })

  it('is limited in all, and in number', async () => {
    const carol = await own.client('carol', 'one')
    await upload(carol, 60)
    clock.advance(day)
    const later = await own.client('carol', 'two')
    expect((await refused(later, 41))?.child('retry', uploadNs)).toBeUndefined()
    await upload(later, 1)
    await upload(later, 1)
    expect((await refused(later, 1))?.child('retry', uploadNs)).toBeUndefined()
    clock.advance(day)
    // What is over counts no more.
    await upload(await own.client('carol', 'three'), 41)
  })

  it('is removed when it is old', async () => {
    const dora = await own.client('dora')
    const slot = await slotFor(dora, { name: 'a', size: 4 })
    expect(await put(slot.put, 'four')).toBe(201)
    const name = slot.get.split('/').at(-2)
    clock.advance(2 * day - 1000)
    expect((await fetch(slot.get)).status).toBe(200)
    clock.advance(1000)
    expect((await fetch(slot.get)).status).toBe(404)
    await until(async () => {
      clock.advance(60_000)
      return !(await filesIn(own.folder)).includes(name ?? '')
    })
  })
})

describe('uploads that do not come to an end', () => {
  const clock = new SteppedClock(Date.UTC(2030, 0, 1))
  const own = uploadServer('max_uploads = 2\nmax_user_uploads = 1', '', { clock })

  it('are a few at a time, in all and of one account', async () => {
    const [alice, bob, carol] = [await own.client('alice'), await own.client('bob'), await own.client('carol')]
    const file = { name: 'a', size: 8 }
    const uploads: SlowUpload[] = []
    for (const client of [alice, bob]) {
      const upload = beginPut((await slotFor(client, file)).put, 8)
      await upload.begun
      upload.send('half')
      uploads.push(upload)
      if (client === alice) expect(await put((await slotFor(alice, file)).put, 'whole it')).toBe(429)
    }
    const third = await slotFor(carol, file)
    expect(await put(third.put, 'whole it')).toBe(503)
    for (const upload of uploads) {
      upload.send('half')
      upload.end()
      expect(await upload.status).toBe(201)
    }
    expect(await put(third.put, 'whole it')).toBe(201)
    for (const name of ['alice', 'bob', 'carol']) {
      await own.command('account.removeUser', { user: `${name}@localhost` })
    }
    expect(await filesIn(own.folder)).toEqual([])
  })

  it('leave nothing, and can be begun again', async () => {
    const alice = await own.client('alice')
    const slot = await slotFor(alice, { name: 'a', size: 8 })
    const upload = beginPut(slot.put, 8)
    await upload.begun
    upload.send('half')
    await until(async () => (await filesIn(own.folder)).length === 1)
    upload.leave()
    await until(async () => (await filesIn(own.folder)).length === 0)
    await until(async () => (await put(slot.put, 'whole it')) === 201)
    expect(await (await fetch(slot.get)).text()).toBe('whole it')
  })

  it('are ended when nothing comes', async () => {
    const before = await filesIn(own.folder)
    const alice = await own.client('alice')
    const slot = await slotFor(alice, { name: 'a', size: 8 })
    const upload = beginPut(slot.put, 8)
    await upload.begun
    upload.send('half')
    let status = 0
    void upload.status.then((code) => {
      status = code
    })
    await until(() => {
      clock.advance(1000)
      return status !== 0
    })
    expect(status).toBe(408)
    expect(await filesIn(own.folder)).toEqual(before)
  })

  it('are broken off when the server stops', async () => {
    const bob = await own.client('bob')
    const slot = await slotFor(bob, { name: 'a', size: 8 })
    const before = (await filesIn(own.folder)).length
    const upload = beginPut(slot.put, 8)
    await upload.begun
    upload.send('half')
    await until(async () => (await filesIn(own.folder)).length === before + 1)
    await own.restart()
    expect(await filesIn(own.folder)).toHaveLength(before)
    expect(await put(slot.put, 'whole it')).toBe(201)
  })
})

describe('files of a domain that is removed', () => {
  const kinds = '[services.service_domain_db]\n'
  const own = uploadServer('', kinds, { hostTypes: ['kind'] })

  it('are gone with it', async () => {
    await own.command('domain.addDomain', { domain: 'late.example', hostType: 'kind' })
    const input = { filename: 'a', size: 4, timeout: 60 }
    const stored: string[] = []
    for (const domain of ['late.example', 'localhost']) {
      const urls = (await own.command('httpUpload.getUrl', { ...input, domain })) as Record<string, string>
      expect(await put(urls['putUrl'] ?? '', 'four')).toBe(201)
      stored.push(urls['getUrl'] ?? '')
    }
    const statuses = () => Promise.all(stored.map(async (url) => (await fetch(url)).status))
    expect(await statuses()).toEqual([200, 200])
    await own.command('domain.disableDomain', { domain: 'late.example' })
    expect(await statuses()).toEqual([404, 200])
    await own.command('domain.removeDomain', { domain: 'late.example', hostType: 'kind' })
    expect(await filesIn(own.folder)).toEqual([stored[1]?.split('/').at(-2)])
  })
})

describe('files in a folder, where new ones go to a store of S3', () => {
  const table = 'bucket_url = "https://s3.test/b"\nregion = "r"\naccess_key_id = "i"\nsecret_access_key = "k"\n'
  const own = uploadServer('', `[modules.mod_http_upload.s3]\n${table}`)

  it('stay reachable', async () => {
    const alice = await own.client('alice')
    const slot = await slotFor(alice, { name: 'a', size: 4 })
    expect(await put(slot.put, 'four')).toBe(201)
    await own.restart((text) => text.replace('backend = "file"', 'backend = "s3"'))
    const again = await own.client('alice', 'again')
    expect((await slotFor(again, { name: 'a', size: 4 })).get).toContain('https://s3.test/b/')
    expect(await (await fetch(slot.get)).text()).toBe('four')
    await own.command('account.removeUser', { user: 'alice@localhost' })
    expect(await filesIn(own.folder)).toEqual([])
  })
})
