import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CertificatePair, makeSelfSigned } from '../../src/net/certificate.ts'
import type { OwnTestServer } from '../support/server.ts'
import { attempt, attemptOn, bindOn, plain, readyStream, startAuthServer } from '../support/sign-in-attempt.ts'

const now = Date.now()
const lenas = makeSelfSigned({ domains: [], addresses: ['lena@localhost'], now })
const both = makeSelfSigned({ domains: [], addresses: ['mila@localhost', 'lena@localhost'], now })
const named = makeSelfSigned({ domains: ['lena'], now })
const strangers = makeSelfSigned({ domains: [], addresses: ['lena@localhost'], now })

/** TLS options of a client that shows this certificate. */
const shows = ({ certificate, key }: CertificatePair) => ({ cert: certificate, key })

let folder: string
const trusted = () => `tls.cacertfile = ${JSON.stringify(join(folder, 'ca.pem'))}`
const mechanisms = 'sasl_mechanisms = ["external", "plain"]'

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meerkat-pki-'))
  // Each certificate vouches for itself.
  await writeFile(join(folder, 'ca.pem'), [lenas, both, named].map(({ certificate }) => certificate).join(''))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('XEP-0178 §3 EXTERNAL for clients', () => {
  let server: OwnTestServer
  beforeAll(async () => {
    server = await startAuthServer(`[auth]\n${mechanisms}\n[auth.pki]`, trusted())
  })
  afterAll(() => server.stop())

  it('is offered to who shows a certificate', async () => {
    const without = await readyStream(server)
    without.stream.destroy()
    expect(without.offered).toEqual([])
    const { stream, offered } = await readyStream(server, shows(lenas))
    expect(offered).toEqual(['EXTERNAL'])
    expect(await attemptOn(stream, 'EXTERNAL', '')).toBe('success')
    expect(await bindOn(stream, 'pc')).toBe('lena@localhost/pc')
    stream.destroy()
  })

  it('the identity asked for must be in the certificate', async () => {
    expect(await attempt(server, 'EXTERNAL', 'mila@localhost', shows(both))).toBe('success')
    expect(await attempt(server, 'EXTERNAL', 'lena@localhost', shows(lenas))).toBe('success')
    expect(await attempt(server, 'EXTERNAL', 'mila@localhost', shows(lenas))).toBe('not-authorized')
    expect(await attempt(server, 'EXTERNAL', 'lena@other.example', shows(lenas))).toBe('not-authorized')
  })

  it('several addresses need one to be asked for', async () => {
    expect(await attempt(server, 'EXTERNAL', '', shows(both))).toBe('invalid-authzid')
  })

  it('a certificate without addresses names nobody', async () => {
    expect(await attempt(server, 'EXTERNAL', '', shows(named))).toBe('not-authorized')
  })

  it('who shows none cannot use it', async () => {
    expect(await attempt(server, 'EXTERNAL', 'lena@localhost')).toBe('invalid-mechanism')
  })

  it('a certificate that nobody vouches for is as good as none', async () => {
    const { stream, offered } = await readyStream(server, shows(strangers))
    stream.destroy()
    expect(offered).toEqual([])
  })
})

describe('with other methods', () => {
  it('accounts of our own need to exist', async () => {
    const server = await startAuthServer(`[auth]\n${mechanisms}\n[auth.internal]`, trusted())
    expect(await attempt(server, 'EXTERNAL', '', shows(lenas))).toBe('not-authorized')
    await server.registerUser('lena', 'secret')
    expect(await attempt(server, 'EXTERNAL', '', shows(lenas))).toBe('success')
    const { stream, offered } = await readyStream(server)
    stream.destroy()
    expect(offered).toEqual(['PLAIN'])
    await server.stop()
  })

  it('common names and what the client says, in the order configured', async () => {
    const server = await startAuthServer(
      `[auth]\n${mechanisms}\nsasl_external = ["standard", "common_name"]\nsasl_external_common_name.suffix = "-7"\n[auth.pki]`,
      trusted(),
    )
    const { stream } = await readyStream(server, shows(named))
    expect(await attemptOn(stream, 'EXTERNAL', '')).toBe('success')
    expect(await bindOn(stream)).toBe('lena-7@localhost/test')
    stream.destroy()
    await server.stop()
    const trusting = await startAuthServer(`[auth]\n${mechanisms}\nsasl_external = ["auth_id"]\n[auth.pki]`, trusted())
    expect(await attempt(trusting, 'EXTERNAL', 'anybody@localhost', shows(named))).toBe('success')
    expect(await attempt(trusting, 'EXTERNAL', '', shows(named))).toBe('not-authorized')
    await trusting.stop()
  })

  it('an HTTP server that knows each certificate vouches for it', async () => {
    const peer = createServer((request, response) => {
      const isKnown = request.url?.startsWith('/get_certs?user=lena&server=localhost')
      response.writeHead(isKnown ? 200 : 404).end(strangers.certificate)
    })
    await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve))
    const { port } = peer.address() as AddressInfo
    const pool = `[outgoing_pools.http.auth]\nconnection.host = "http://127.0.0.1:${port}"`
    const server = await startAuthServer(
      `[auth]\n${mechanisms}\n[auth.http]\n${pool}`,
      'tls.verify_mode = "selfsigned_peer"',
    )
    expect(await attempt(server, 'EXTERNAL', '', shows(strangers))).toBe('success')
    expect(await attempt(server, 'EXTERNAL', '', shows(lenas))).toBe('not-authorized')
    await server.stop()
    peer.closeAllConnections()
    await new Promise((resolve) => peer.close(resolve))
  })

  it('passwords go on working beside it', async () => {
    const server = await startAuthServer(`[auth]\n${mechanisms}\n[auth.internal]\n[auth.pki]`, trusted())
    await server.registerUser('mila', 'secret')
    expect(await attempt(server, 'PLAIN', plain('mila', 'secret'))).toBe('success')
    await server.stop()
  })
})
