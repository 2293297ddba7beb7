import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { allModules } from '../../src/modules/all.ts'
import { systemClock } from '../../src/util/clock.ts'
import type { Client } from '../support/client.ts'
import { trusted, twoServers } from '../support/federated.ts'
import { FileServer } from '../support/file-server.ts'
import { baseConfig, ownServer } from '../support/own-server.ts'
import { S3Store } from '../support/s3-store.ts'
import { put, slotFor, slotRequest, uploadNs } from '../support/uploads.ts'
import { NS, type XmlNode } from '../support/xml.ts'

const service = 'upload.localhost'
const disco = (what: 'info' | 'items', node = '') =>
  `<query xmlns='http://jabber.org/protocol/disco#${what}'${node === '' ? '' : ` node='${node}'`}/>`
let store: S3Store

beforeAll(async () => {
  store = await S3Store.start()
})
afterAll(() => store.stop())

const uploads = (options = '') => `[modules.mod_http_upload]\n${options}\n${store.table}`

/** The forms in an answer, by their types: fields with their values. */
function formsIn(answer: XmlNode): Record<string, Record<string, string[]>> {
  const forms = answer.child('query', 'http://jabber.org/protocol/disco#info')?.elements() ?? []
  const fieldsOf = (form: XmlNode) =>
    Object.fromEntries(
      form.elements().map((field) => [field.attr('var') ?? '', field.elements().map((value) => value.text())]),
    )
  const read = forms.filter(({ name }) => name === 'x').map(fieldsOf)
  return Object.fromEntries(read.map(({ FORM_TYPE: [type = ''] = [], ...fields }) => [type, fields]))
}

/** The error to a request, with its type and its text. */
async function refusal(client: Client, payload: string, condition: string, type: 'get' | 'set' = 'get') {
  const answer = await client.asks(payload, type, { to: service, refused: condition })
  const error = answer.child('error', NS.client)
  return { type: error?.attr('type'), text: error?.child('text', NS.stanzaErrors)?.text() ?? '', error: `${error}` }
}

describe('XEP-0363 with a store of S3', () => {
  const own = ownServer(() =>
    uploads(`max_file_size = 1000
[[modules.mod_disco.server_info]]
name = "abuse-addresses"
urls = ["mailto:abuse@localhost"]
modules = ["mod_http_upload"]
`),
  )

  it('§4 the service is listed, and tells what it is and how large files may be', async () => {
    const alice = await own.client('alice')
    expect(`${await alice.asks(disco('items'), 'get', { to: 'localhost' })}`).toContain(
      `<item jid='${service}' name='HTTP File Upload'/>`,
    )
    expect(`${await alice.asks(disco('info'), 'get', { to: 'localhost' })}`).not.toContain(uploadNs)
    const info = await alice.asks(disco('info'), 'get', { to: service })
    const [identity, ...rest] = info.child('query', 'http://jabber.org/protocol/disco#info')?.elements() ?? []
    expect(identity?.attrs).toEqual({ category: 'store', type: 'file', name: 'HTTP File Upload' })
    expect(rest.filter(({ name }) => name === 'feature').map((feature) => feature.attr('var'))).toEqual([
      'http://jabber.org/protocol/disco#info',
      uploadNs,
    ])
    expect(formsIn(info)).toEqual({
      [uploadNs]: { 'max-file-size': ['1000'] },
      'http://jabber.org/network/serverinfo': { 'abuse-addresses': ['mailto:abuse@localhost'] },
    })
    expect(`${await alice.asks(disco('items'), 'get', { to: service })}`).not.toContain('<item')
    await alice.asks(disco('info', 'x'), 'get', { to: service, refused: 'item-not-found' })
    await alice.asks(disco('info'), 'set', { to: service, refused: 'not-allowed' })
  })

  it('§5 a slot takes the file, and others get it', async () => {
    const alice = await own.client('alice')
    const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256))
    const slot = await slotFor(alice, { name: 'pipe.jpg', size: 1000, type: 'image/jpeg' })
    expect(slot.get).toMatch(new RegExp(`^${store.url}/[0-9a-f]{64}/pipe\\.jpg$`))
    expect(slot.put.startsWith(`${slot.get}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=S3RVER%2F`)).toBe(true)
    expect(new URL(slot.put).searchParams.get('X-Amz-Expires')).toBe('60')
    expect(await put(slot.put, bytes, { 'content-type': 'image/jpeg' })).toBe(200)
    const got = await fetch(slot.get)
    expect(got.headers.get('content-type')).toBe('image/jpeg')
    expect(Buffer.from(await got.arrayBuffer())).toEqual(bytes)
  })

  it('§6 the store takes no other length and no other type', async () => {
    const alice = await own.client('alice')
    const type = 'text/plain; charset=utf-8'
    const slot = await slotFor(alice, { name: 'a.txt', size: 5, type: ` ${type} ` })
    expect(await put(slot.put, '123456', { 'content-type': type })).toBe(403)
    expect(await put(slot.put, '1234', { 'content-type': type })).toBe(403)
    expect(await put(slot.put, '12345', { 'content-type': 'text/html' })).toBe(403)
    expect(await put(slot.put, '12345')).toBe(403)
    expect(await put(slot.get, '12345', { 'content-type': type, 'x-amz-acl': 'public-read' })).not.toBe(201)
    expect(await put(slot.put, '12345', { 'content-type': type })).toBe(200)
    const any = await slotFor(alice, { name: 'a.txt', size: 5 })
    expect(await put(any.put, '12345', { 'content-type': 'text/html' })).toBe(200)
  })

  it('§5 names are kept, as one segment of the path, whatever is in them', async () => {
    const alice = await own.client('alice')
    for (const name of [
      'très cool.jpg',
      'a/b',
      '../c',
      'what?.txt',
      '#1',
      '100%.pdf',
      '猫😀.png',
      `(~it's!*).txt`,
      'a+b&c=d',
    ]) {
      const slot = await slotFor(alice, { name, size: 4 })
      const segment = new URL(slot.get).pathname.split('/').at(-1) ?? ''
      expect(slot.get.split('/')).toHaveLength(6)
      expect(segment).toMatch(/^[A-Za-z0-9\-_.~%]+$/)
      expect(decodeURIComponent(segment)).toBe(name)
      expect(await put(slot.put, 'four'), name).toBe(200)
      expect(await (await fetch(slot.get)).text()).toBe('four')
    }
  })

  it('two requests for one name have different tokens', async () => {
    const alice = await own.client('alice')
    const file = { name: 'a.txt', size: 5 }
    expect((await slotFor(alice, file)).get).not.toBe((await slotFor(alice, file)).get)
  })

  it('§7 not-acceptable: a file that is too large, with the size that is not; that very size is taken', async () => {
    const alice = await own.client('alice')
    for (const size of ['1001', '9'.repeat(400)]) {
      const { type, error } = await refusal(alice, slotRequest({ name: 'a', size }), 'not-acceptable')
      expect(type).toBe('modify')
      expect(error).toContain(
        `<file-too-large xmlns='${uploadNs}'><max-file-size>1000</max-file-size></file-too-large>`,
      )
    }
    await slotFor(alice, { name: 'a', size: 1000 })
  })

  it('§5 bad-request: no name, no size, what is no size, no name for a segment, no content type', async () => {
    const alice = await own.client('alice')
    for (const [file, about] of [
      [{ size: 5 }, /name/],
      [{ name: '', size: 5 }, /name/],
      [{ name: '..', size: 5 }, /name/],
      [{ name: '.', size: 5 }, /name/],
      [{ name: 'a'.repeat(801), size: 5 }, /name/],
      [{ name: 'a' }, /size/],
      [{ name: 'a', size: 0 }, /size/],
      [{ name: 'a', size: -1 }, /size/],
      [{ name: 'a', size: 'abc' }, /size/],
      [{ name: 'a', size: '1.5' }, /size/],
      [{ name: 'a', size: '' }, /size/],
      [{ name: 'a', size: 5, type: 'text/plain\u{85}x: y' }, /content type/],
    ] as const) {
      const { type, text } = await refusal(alice, slotRequest(file), 'bad-request')
      expect(type).toBe('modify')
      expect(text).toMatch(about)
    }
    const broken = `<request xmlns='${uploadNs}' filename='a' size='5' content-type='a/b&#10;host: c'/>`
    expect((await refusal(alice, broken, 'bad-request')).text).toMatch(/content type/)
  })

  it('not-allowed: set; bad-request: another element', async () => {
    const alice = await own.client('alice')
    expect((await refusal(alice, slotRequest({ name: 'a', size: 5 }), 'not-allowed', 'set')).type).toBe('cancel')
    expect((await refusal(alice, `<slot xmlns='${uploadNs}'/>`, 'bad-request')).type).toBe('modify')
    await alice.asks(`<query xmlns='jabber:iq:version'/>`, 'get', { to: service, refused: 'service-unavailable' })
  })

  it('the command makes a slot with a time of its own', async () => {
    const input = { domain: 'localhost', filename: 'très.txt', size: 5, contentType: 'text/plain', timeout: 1234 }
    const command = (more: object) => own.command('httpUpload.getUrl', { ...input, ...more })
    const { putUrl, getUrl, headers } = (await command({})) as { putUrl: string; getUrl: string; headers: unknown[] }
    expect(new URL(putUrl).searchParams.get('X-Amz-Expires')).toBe('1234')
    expect(await put(putUrl, '12345', { 'content-type': 'text/plain' })).toBe(200)
    expect(await (await fetch(getUrl)).text()).toBe('12345')
    expect(headers).toEqual([])
    for (const wrong of [{ size: 0 }, { size: -1 }, { timeout: 0 }, { filename: '' }, { size: 1.5 }]) {
      await expect(command(wrong)).rejects.toMatchObject({ code: 'input_coercion' })
    }
    await expect(command({ size: 1001 })).rejects.toMatchObject({ code: 'file_too_large_error' })
    await expect(command({ filename: '..' })).rejects.toMatchObject({ code: 'bad_parameter' })
    await expect(command({ domain: 'other.example' })).rejects.toMatchObject({ code: 'domain_not_found' })
    await expect(command({ user: 'nobody@localhost' })).rejects.toMatchObject({ code: 'user_not_found' })
    await own.client('alice')
    expect(await command({ user: 'alice@localhost' })).toHaveProperty('getUrl')
  })
})

describe('an address of an upload', () => {
  // An hour ago: what is signed then is over now.
  const clock = { now: () => systemClock.now() - 3_600_000, after: systemClock.after.bind(systemClock) }
  const past = ownServer(() => uploads('expiration_time = 3599'), { clock })
  const longer = ownServer(() => uploads('expiration_time = 3900'), { clock })

  it('is refused by the store once its time is over', async () => {
    const file = { name: 'a', size: 5 }
    const slot = await slotFor(await past.client('alice'), file)
    expect(new URL(slot.put).searchParams.get('X-Amz-Expires')).toBe('3599')
    expect(await put(slot.put, '12345')).toBe(403)
    expect((await fetch(slot.get)).status).toBe(404)
    expect(await put((await slotFor(await longer.client('alice'), file)).put, '12345')).toBe(200)
  })
})

describe('mod_http_upload', () => {
  it('signs the header for readers where it is told to, and keeps the path of the bucket', async () => {
    const text = `${baseConfig}${uploads('token_bytes = 4')}add_acl = true\n`.replace('/files"', '/files/in/here//"')
    await using file = await FileServer.start(text)
    const alice = await file.client('alice')
    const { put: url, get } = await slotFor(alice, { name: 'a', size: 5, type: 'a/b' })
    expect(get).toMatch(new RegExp(`^${store.url}/in/here/[0-9a-f]{8}/a$`))
    expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host;x-amz-acl')
    expect(await put(url, '12345', { 'content-type': 'a/b' })).toBe(403)
    expect(await put(url, '12345', { 'content-type': 'a/b', 'x-amz-acl': 'private' })).toBe(403)
    expect(await put(url, '12345', { 'content-type': 'a/b', 'x-amz-acl': 'public-read' })).toBe(200)
    expect(await (await fetch(get)).text()).toBe('12345')
  })

  it('has no form without a limit, takes changed options over, and is gone when it is unloaded', async () => {
    const sized = (size: string) => `${baseConfig}${uploads(`max_file_size = ${size}`)}`
    await using file = await FileServer.start(sized('"infinity"'))
    const alice = await file.client('alice')
    const forms = async () => formsIn(await alice.asks(disco('info'), 'get', { to: service }))
    expect(await forms()).not.toHaveProperty([uploadNs])
    await slotFor(alice, { name: 'a', size: 2 ** 40 })
    await alice.asks(slotRequest({ name: 'a', size: 2 ** 60 }), 'get', { to: service, refused: 'bad-request' })
    expect((await file.reload(sized('5'))).applied).toEqual(['modules.mod_http_upload.max_file_size'])
    expect(await forms()).toHaveProperty([uploadNs], { 'max-file-size': ['5'] })
    await alice.asks(slotRequest({ name: 'a', size: 6 }), 'get', { to: service, refused: 'not-acceptable' })
    await file.reload(sized('"undefined"'))
    expect(await forms()).not.toHaveProperty([uploadNs])
    await file.reload(baseConfig)
    expect(`${await alice.asks(disco('items'), 'get', { to: 'localhost' })}`).not.toContain(service)
    await alice.asks(slotRequest({ name: 'a', size: 6 }), 'get', { to: service, refused: 'service-unavailable' })
  })

  it('serves each domain of a host type for its own users, also one that comes later', async () => {
    const kinds = baseConfig.replace('hosts = ["localhost"]', 'hosts = ["localhost"]\nhost_types = ["kind"]')
    const text = `${kinds}${uploads('host = "files.@HOSTS@"')}[services.service_domain_db]\n`
    await using file = await FileServer.start(text)
    await file.server.commands.run('domain.addDomain', { domain: 'late.example', hostType: 'kind' })
    const alice = await file.client('alice', file.address('c2s', 0, 'late.example'))
    const asked = { name: 'a', size: 5 }
    expect((await slotFor(alice, asked, 'files.late.example')).get).toContain(store.url)
    await alice.asks(slotRequest(asked), 'get', { to: 'files.localhost', refused: 'forbidden' })
    await file.server.commands.run('domain.disableDomain', { domain: 'late.example' })
    const bob = await file.client('bob')
    await bob.asks(slotRequest(asked), 'get', { to: 'files.late.example', refused: 'service-unavailable' })
  })

  it('serves all domains of a host type at one address', async () => {
    const kinds = baseConfig.replace('hosts = ["localhost"]', 'hosts = ["localhost"]\nhost_types = ["kind"]')
    const own = `[[host_config]]\nhost_type = "kind"\n[host_config.modules.mod_presence]\n[host_config.modules.mod_http_upload]\nhost = "files.example"\n`
    const text = `${kinds}[services.service_domain_db]\n${own}${store.table.replace('[modules', '[host_config.modules')}`
    await using file = await FileServer.start(text)
    for (const domain of ['a.example', 'b.example']) {
      await file.server.commands.run('domain.addDomain', { domain, hostType: 'kind' })
      const alice = await file.client('alice', file.address('c2s', 0, domain))
      expect((await slotFor(alice, { name: 'a', size: 5 }, 'files.example')).get).toContain(store.url)
    }
    const bob = await file.client('bob')
    await bob.asks(slotRequest({ name: 'a', size: 5 }), 'get', { to: 'files.example', refused: 'forbidden' })
  })

  it('warns where it keeps files that no listener serves', () => {
    const file = '[modules.mod_http_upload]\nbackend = "file"\nfile = { url = "https://f.test/u", directory = "f" }\n'
    const handler = '[[listen.http]]\nport = 5280\n[[listen.http.handlers.upload_handler]]\npath = "/u"\n'
    const warnings = (text: string) =>
      parseConfig({ text, file: '/etc/meerkat.toml', modules: allModules, env: {} })
        .notices.filter(({ level, what }) => level === 'warning' && what === 'uploads_not_served')
        .map(({ path }) => path)
    expect(warnings(baseConfig + file)).toEqual(['modules.mod_http_upload'])
    expect(warnings(`${baseConfig}${file}${handler}`)).toEqual([])
    expect(warnings(baseConfig + uploads())).toEqual([])
  })

  const faults: [string, string, RegExp][] = [
    ['without a folder', '[modules.mod_http_upload]\nbackend = "file"', /mod_http_upload\s.*required here: file/],
    ['without a store', '[modules.mod_http_upload]', /mod_http_upload\s.*required here: s3/],
    ['without a bucket', '[modules.mod_http_upload.s3]\nregion = "r"', /required here: bucket_url/],
    [
      'with a query in the address of the bucket',
      '[modules.mod_http_upload.s3]\nbucket_url = "https://a/?b"',
      /bucket_url/,
    ],
    ['with a bucket at no address', '[modules.mod_http_upload.s3]\nbucket_url = "bucket"', /bucket_url/],
    ['with a size of zero', '[modules.mod_http_upload]\nmax_file_size = 0', /max_file_size/],
  ]
  for (const [what, lines, message] of faults) {
    it(`does not start ${what}`, () => {
      const text = `${baseConfig}${lines}\n`
      expect(() => parseConfig({ text, file: '/etc/meerkat.toml', modules: allModules, env: {} })).toThrow(message)
    })
  }
})

describe('mod_http_upload and other servers', () => {
  const table = `[modules.mod_http_upload.s3]
bucket_url = "https://s3.test/b"
region = "r"
access_key_id = "i"
secret_access_key = "k"
`
  const servers = twoServers({ ...trusted, tables: table })

  it('forbidden: users of other servers upload nothing', async () => {
    const bob = await servers.b.client('bob', 'y')
    await bob.asks(slotRequest({ name: 'a', size: 5 }), 'get', { to: 'upload.a.test', refused: 'forbidden' })
    expect((await slotFor(bob, { name: 'a', size: 5 }, 'upload.b.test')).get).toContain('https://s3.test/b/')
  })
})
