import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { makeSelfSigned } from '../../src/net/certificate.ts'
import { closeOf, dial, dialTls, readToEnd, readUntil } from '../net/support.ts'
import { FileServer } from '../support/file-server.ts'
import { mechanismsOf, openStream } from '../support/sign-in.ts'
import { RawStream } from '../support/stream.ts'

const config = (listeners: string, general = '') => `
[general]
hosts = ["localhost"]
${general}
${listeners}
[auth.password]
scram_iterations = 4096
[modules.mod_sic]
`

const c2s = (options: string) => `[[listen.c2s]]\nport = 0\nip_address = "127.0.0.1"\n${options}\n`
const http = (options: string) => `[[listen.http]]\nport = 0\nip_address = "127.0.0.1"\n${options}\n`
const header = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>`

describe('options of c2s listeners', () => {
  it('proxy_protocol: the address is that of the header', async () => {
    await using server = await FileServer.start(config(c2s('proxy_protocol = true')))
    const { port } = server.address('c2s')
    const socket = await dial(port)
    socket.write(`PROXY TCP4 192.0.2.77 127.0.0.1 4711 5222\r\n${header}`)
    expect(await readUntil(socket, (text) => text.includes('</stream:features>'))).toContain('SCRAM-SHA-1')
    socket.write(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>`)
    await readUntil(socket, (text) => text.includes('</failure>'))
    socket.destroy()
    expect(server.logged.join('')).toContain('192.0.2.77')
    const without = await dial(port)
    without.write(header)
    await closeOf(without)
  })

  it('hide_service_name: what is no XMPP gets no answer at all', async () => {
    await using hidden = await FileServer.start(config(c2s(''), 'hide_service_name = true'))
    await using shown = await FileServer.start(config(c2s('')))
    const answer = async (server: FileServer) => {
      const socket = await dial(server.address('c2s').port)
      socket.write('GET / HTTP/1.1\r\n\r\n')
      const text = await readToEnd(socket)
      socket.destroy()
      return text
    }
    expect(await answer(hidden)).toBe('')
    expect(await answer(shown)).toContain('localhost')
  })

  it('allowed_auth_methods: only those of the port', async () => {
    const listeners = c2s('allowed_auth_methods = ["internal"]') + c2s('allowed_auth_methods = ["rdbms"]')
    await using server = await FileServer.start(
      config(listeners).replace('[auth.password]', '[auth]\nmethods = ["internal"]\n[auth.password]'),
    )
    const offered = async (nth: number) => {
      const stream = await RawStream.connect(server.address('c2s', nth))
      const mechanisms = mechanismsOf(await openStream(stream))
      stream.destroy()
      return mechanisms
    }
    expect(await offered(0)).toContain('SCRAM-SHA-1')
    expect(await offered(1)).toEqual([])
  })

  it('max_connections: one more is told so and closed', async () => {
    await using server = await FileServer.start(config(c2s('max_connections = 1')))
    const first = await dial(server.address('c2s').port)
    first.write(header)
    await readUntil(first, (text) => text.includes('</stream:features>'))
    expect(await readToEnd(await dial(server.address('c2s').port))).toContain('resource-constraint')
    first.destroy()
  })

  it('access: who is denied cannot bind', async () => {
    const rules =
      '[acl]\nbad = [{ user = "mallory" }]\n[access]\nc2s = [{ acl = "bad", value = "deny" }, { acl = "all", value = "allow" }]\n'
    await using server = await FileServer.start(config(c2s('access = "c2s"\ntls.mode = "starttls"')) + rules)
    await server.client('alice')
    await expect(server.client('mallory')).rejects.toThrow()
  })

  it('backlog: as many wait as the queue has places', async () => {
    await using server = await FileServer.start(config(c2s('backlog = 7')))
    expect(server.server.config.listen.c2s[0]?.backlog).toBe(7)
    const { port } = server.address('c2s')
    // Send-Q of a listening socket is its backlog.
    const line = listening(port)
    if (line !== undefined) expect(line).toMatch(/\s7\s/)
    const socket = connect({ port, host: '127.0.0.1' })
    await once(socket, 'connect')
    socket.destroy()
  })
})

function listening(port: number): string | undefined {
  try {
    return execFileSync('ss', ['-ltn', `sport = :${port}`], { encoding: 'utf8' }).split('\n')[1]
  } catch {
    return undefined
  }
}

describe('options of tls tables', () => {
  const identity = makeSelfSigned({ domains: [], addresses: ['romeo@localhost'], now: Date.now() })
  const direct = (options: string) => c2s(`tls.mode = "tls"\n${options}`)
  const outcome = async (port: number, options: object = {}) => {
    const socket: TLSSocket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
    socket.on('error', () => {})
    const got = await new Promise<string>((resolve) => {
      socket.once('close', () => resolve('closed'))
      socket.on('data', (text) => resolve(String(text).includes('features') ? 'served' : 'features are missing'))
      socket.once('secureConnect', () => socket.write(header))
    })
    const [protocol, cipher] = [socket.getProtocol(), socket.getCipher()?.name]
    socket.destroy()
    return got === 'served' ? `${protocol} ${cipher}` : got
  }

  it('versions and ciphers: no others', async () => {
    const suite = 'ECDHE-ECDSA-AES128-GCM-SHA256'
    await using server = await FileServer.start(
      config(direct(`tls.versions = ["tlsv1.2"]\ntls.ciphers = "${suite}"`) + direct('tls.versions = ["tlsv1.3"]')),
    )
    const [old, modern] = [0, 1].map((nth) => server.address('c2s_tls', nth).port)
    expect(await outcome(old ?? 0)).toBe(`TLSv1.2 ${suite}`)
    expect(await outcome(old ?? 0, { minVersion: 'TLSv1.3' })).toBe('closed')
    expect(await outcome(modern ?? 0)).toMatch(/^TLSv1\.3 /)
    expect(await outcome(modern ?? 0, { maxVersion: 'TLSv1.2' })).toBe('closed')
  })

  it('verify_mode: a client certificate is needed, welcome or not asked for; HTTPS asks for none by itself', async () => {
    const modes = ['"peer"', '"selfsigned_peer"', '"none"'].map((mode) => direct(`tls.verify_mode = ${mode}`))
    const pages = http('tls = {}') + http('tls.verify_mode = "peer"')
    await using server = await FileServer.start(config([...modes, direct(''), pages].join('')))
    const port = (nth: number) => server.address('c2s_tls', nth).port
    const own = { cert: identity.certificate, key: identity.key }
    expect(await outcome(port(0))).toBe('closed')
    expect(await outcome(port(0), own)).toBe('closed')
    expect(await outcome(port(1))).toBe('closed')
    for (const nth of [1, 2, 3]) expect(await outcome(port(nth), own)).toMatch(/^TLS/)
    for (const nth of [2, 3]) expect(await outcome(port(nth))).toMatch(/^TLS/)
    const page = async (nth: number) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port: server.address('https', nth).port,
        rejectUnauthorized: false,
      })
      socket.on('error', () => {})
      socket.once('secureConnect', () => socket.write('GET / HTTP/1.0\r\n\r\n'))
      return readToEnd(socket).catch(() => '')
    }
    expect(await page(0)).toContain('404')
    expect(await page(1)).toBe('')
  })

  it('disconnect_on_failure = false keeps who shows a bad certificate', async () => {
    await using server = await FileServer.start(
      config(direct('tls.verify_mode = "peer"\ntls.disconnect_on_failure = false')),
    )
    const own = { cert: identity.certificate, key: identity.key }
    expect(await outcome(server.address('c2s_tls').port, own)).toMatch(/^TLS/)
  })

  it('cacertfile and crl_files: who is revoked is refused', async ({ skip }) => {
    await using server = await FileServer.start(config(direct('')))
    const files = authority(server.folder)
    if (files === undefined) return skip('needs openssl')
    const own = { cert: readFileSync(files.certificate, 'utf8'), key: readFileSync(files.key, 'utf8') }
    const table = 'tls.verify_mode = "peer"\ntls.cacertfile = "ca.pem"'
    await server.reload(config(direct(table)))
    expect(await outcome(server.address('c2s_tls').port, own)).toMatch(/^TLS/)
    await server.reload(config(direct(`${table}\ntls.crl_files = ["revoked.pem"]`)))
    expect(await outcome(server.address('c2s_tls').port, own)).toBe('closed')
  })

  it('dhfile: cipher suites with finite fields', async ({ skip }) => {
    await using server = await FileServer.start(config(direct('')))
    try {
      // Parameters of RFC 7919; with an RSA key, since the suites that use them want one.
      const dir = { cwd: server.folder, stdio: 'ignore' as const }
      const pair = ['-keyout', 'rsa.key', '-out', 'rsa.crt', '-subj', '/CN=localhost', '-days', '2', '-nodes']
      execFileSync(
        'openssl',
        ['genpkey', '-genparam', '-algorithm', 'DH', '-pkeyopt', 'group:ffdhe2048', '-out', 'dh.pem'],
        dir,
      )
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...pair], dir)
    } catch {
      return skip('needs openssl')
    }
    const suite = 'DHE-RSA-AES128-GCM-SHA256'
    const files = `tls.certfile = "rsa.crt"\ntls.keyfile = "rsa.key"\ntls.versions = ["tlsv1.2"]\ntls.ciphers = "${suite}"`
    await server.reload(config(direct(files)))
    expect(await outcome(server.address('c2s_tls').port, { ciphers: suite })).toBe('closed')
    await server.reload(config(direct(`${files}\ntls.dhfile = "dh.pem"`)))
    expect(await outcome(server.address('c2s_tls').port, { ciphers: suite })).toBe(`TLSv1.2 ${suite}`)
  })

  it('session_tickets: a session is taken up again', async () => {
    await using server = await FileServer.start(config(direct('tls.session_tickets = "stateless"') + direct('')))
    const resumes = async (nth: number) => {
      const { port } = server.address('c2s_tls', nth)
      const first = await dialTls({ port, maxVersion: 'TLSv1.2' })
      const session = first.getSession()
      first.destroy()
      const second = await dialTls({ port, maxVersion: 'TLSv1.2', session })
      const isReused = second.isSessionReused()
      second.destroy()
      return isReused
    }
    expect(await resumes(0)).toBe(true)
    expect(await resumes(1)).toBe(false)
  })

  it('keep_secrets: the keys of sessions go to a file', async () => {
    await using server = await FileServer.start(config(direct('tls.keep_secrets = true')))
    await outcome(server.address('c2s_tls').port)
    expect(await keyLogOf(server)).toContain('CLIENT_TRAFFIC_SECRET_0')
  })
})

/** The server in memory keeps its files in a folder of its own. */
async function keyLogOf(server: FileServer): Promise<string> {
  const file = join(await server.server.filesFolder(), 'tls-keys.log')
  for (;;) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    if (text.includes('CLIENT_TRAFFIC_SECRET_0')) return text
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** An authority, a client's certificate of it, and the list that revokes it; undefined without OpenSSL. */
function authority(folder: string): { certificate: string; key: string } | undefined {
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  writeFileSync(join(folder, 'index.txt'), '')
  writeFileSync(join(folder, 'crlnumber'), '01\n')
  writeFileSync(
    join(folder, 'ca.conf'),
    '[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\ncrlnumber = crlnumber\ndefault_md = sha256\ndefault_crl_days = 2\n',
  )
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  try {
    run('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Authority', '-days', '2')
    run('req', ...curve, '-keyout', 'client.key', '-out', 'client.csr', '-subj', '/CN=romeo')
    run(
      'x509',
      '-req',
      '-in',
      'client.csr',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-out',
      'client.pem',
    )
    const ca = ['-config', 'ca.conf', '-keyfile', 'ca.key', '-cert', 'ca.pem']
    run('ca', ...ca, '-revoke', 'client.pem')
    run('ca', ...ca, '-gencrl', '-out', 'revoked.pem')
  } catch {
    return undefined
  }
  return { certificate: join(folder, 'client.pem'), key: join(folder, 'client.key') }
}

describe('options of http listeners', () => {
  it('protocol.compress: texts are sent compressed to who takes that', async () => {
    const metrics = (compress: boolean) =>
      http(`protocol.compress = ${compress}\n[[listen.http.handlers.mongoose_prometheus_handler]]\npath = "/metrics"`)
    await using server = await FileServer.start(config(metrics(true) + metrics(false)))
    const encodingOf = async (nth: number, accepted: string) => {
      const url = `http://127.0.0.1:${server.address('http', nth).port}/metrics`
      const answer = await fetch(url, { headers: { 'accept-encoding': accepted } })
      expect(await answer.text()).toContain('# HELP')
      return answer.headers.get('content-encoding')
    }
    expect(await encodingOf(0, 'gzip, br')).toBe('gzip')
    expect(await encodingOf(0, 'identity')).toBe(null)
    expect(await encodingOf(1, 'gzip')).toBe(null)
  })
})
