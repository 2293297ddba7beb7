import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { selfSignedCertificate } from '../support/certificates.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { suiteNeeding } from '../support/services.ts'

suiteNeeding(['openssl'], 'certificates of domains that come at run time', () => {
  let folder = ''
  let server: OwnTestServer
  let config = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meerkat-test-'))
    const { certificate, key } = await selfSignedCertificate(folder, ['own.example'])
    config = `
[general]
host_types = ["customers"]
default_server_domain = "main.example"
loglevel = "error"
domain_certfile = [{ domain = "own.example", certfile = "${certificate}", keyfile = "${key}" }]
[services.service_domain_db]
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "tls"
`
    server = await startTestServer({ config, folder })
    for (const domain of ['own.example', 'other.example']) {
      await server.server.commands.run('domain.addDomain', { domain, hostType: 'customers' })
    }
  })
  afterAll(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** The names in the certificate that somebody gets who asks for a domain. */
  const namesFor = (servername: string) =>
    new Promise<string>((resolve, reject) => {
      const port = server.server.ports[0]?.port ?? 0
      const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().subjectaltname ?? '')
        socket.destroy()
      })
      socket.once('error', reject)
    })

  it('are those of domain_certfile, by the name that is asked for', async () => {
    expect(await namesFor('own.example')).toContain('DNS:own.example')
    expect(await namesFor('other.example')).toContain('DNS:main.example')
    expect(await namesFor('other.example')).not.toContain('DNS:own.example')
  })

  it('are otherwise of the server’s own making, with the domains that are there when it starts', async () => {
    await server.stop()
    server = await startTestServer({ config, folder })
    expect(await namesFor('other.example')).toContain('DNS:other.example')
  })
})
