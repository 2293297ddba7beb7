import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judgingContext, problemAsServer } from '../../src/net/server-judgement.ts'
import { listenTcp } from '../../src/net/tcp.ts'
import { program } from '../support/services.ts'
import { deferred, dialTls, Recorded, temporaryFolder, tlsContext } from './support.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
const run = promisify(execFile)
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
const at = (name: string) => join(folder.path, name)
const text = (name: string) => readFile(at(`${name}.pem`), 'utf8')

interface Made {
  readonly issuer?: string
  readonly key?: readonly string[]
  readonly days?: number
}

/** A certificate `NAME.pem` with these extensions; signed by itself without an issuer. */
async function make(name: string, extensions: readonly string[], { issuer, key = newKey, days = 30 }: Made = {}) {
  await writeFile(at(`${name}.cnf`), extensions.join('\n'))
  const request = ['-new', ...key, '-subj', `/CN=${name}`, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`)]
  await run(program('openssl'), ['req', ...request])
  const signer =
    issuer === undefined
      ? ['-signkey', at(`${name}.key`)]
      : ['-CA', at(`${issuer}.pem`), '-CAkey', at(`${issuer}.key`), '-CAcreateserial']
  await run(program('openssl'), [
    ...['x509', '-req', '-in', at(`${name}.csr`), ...signer, '-days', String(days)],
    ...['-extfile', at(`${name}.cnf`), '-out', at(`${name}.pem`)],
  ])
}

/** What is wrong with a certificate that is shown with these others. */
async function problem(...names: readonly string[]): Promise<string | undefined> {
  const texts = await Promise.all(names.map(text))
  const chain = texts.map((pem) => new X509Certificate(pem).raw)
  return problemAsServer(chain, judgingContext({ ca: await text('root') }))
}

const authority = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign']
const server = ['subjectAltName=DNS:a.test', 'extendedKeyUsage=serverAuth']

beforeAll(async () => {
  folder = await temporaryFolder()
  await make('root', authority)
  await make('between', [...authority, 'extendedKeyUsage=serverAuth'], { issuer: 'root' })
  await make('bound', [...authority, 'nameConstraints=critical,permitted;DNS:b.test'], { issuer: 'root' })
  await make('leaf', server, { issuer: 'between' })
})
afterAll(() => folder.remove())

describe('a certificate, judged as that of a server', () => {
  it('is good for servers, for servers and clients, and without a purpose', async () => {
    await make('both', ['subjectAltName=DNS:a.test', 'extendedKeyUsage=serverAuth,clientAuth'], { issuer: 'root' })
    await make('plain', ['subjectAltName=DNS:a.test'], { issuer: 'root' })
    expect(await problem('leaf', 'between')).toBeUndefined()
    expect(await problem('both')).toBeUndefined()
    expect(await problem('plain')).toBeUndefined()
  })

  it('may have any kind of key', async () => {
    await make('rsa', server, { issuer: 'root', key: ['-newkey', 'rsa:2048', '-nodes'] })
    await make('edwards', server, { issuer: 'root', key: ['-newkey', 'ed25519', '-nodes'] })
    expect(await problem('rsa')).toBeUndefined()
    expect(await problem('edwards')).toBeUndefined()
  })

  it('may come with so many others that they do not fit into one record', async () => {
    const others = Array.from({ length: 40 }, () => 'between')
    expect(await problem('leaf', ...others)).toBeUndefined()
  })

  it('is refused for another purpose', async () => {
    await make('client', ['extendedKeyUsage=clientAuth'], { issuer: 'root' })
    await make('mail', ['extendedKeyUsage=emailProtection'], { issuer: 'root' })
    expect(await problem('client')).toBe('INVALID_PURPOSE')
    expect(await problem('mail')).toBe('INVALID_PURPOSE')
  })

  it('is refused without a way to an authority that is trusted', async () => {
    await make('self', server)
    await make('stranger', authority)
    await make('strange', server, { issuer: 'stranger' })
    expect(await problem('self')).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(await problem('leaf')).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    expect(await problem('strange', 'stranger')).toBe('SELF_SIGNED_CERT_IN_CHAIN')
  })

  it('is refused where its issuer is no authority, or not for such names', async () => {
    await make('under', server, { issuer: 'both' })
    await make('outside', server, { issuer: 'bound' })
    expect(await problem('under', 'both')).toBeDefined()
    expect(await problem('outside', 'bound')).toBeDefined()
  })

  it('is refused when its time is over, or it has been revoked', async () => {
    await make('old', server, { issuer: 'root', days: -1 })
    expect(await problem('old')).toBe('CERT_HAS_EXPIRED')
    await writeFile(at('index.txt'), '')
    await writeFile(at('ca.cnf'), `[ca]\ndefault_ca=x\n[x]\ndatabase=${at('index.txt')}\ndefault_md=sha256\n`)
    const as = ['-config', at('ca.cnf'), '-cert', at('root.pem'), '-keyfile', at('root.key')]
    await make('revoked', server, { issuer: 'root' })
    await run(program('openssl'), ['ca', ...as, '-revoke', at('revoked.pem')])
    await run(program('openssl'), ['ca', ...as, '-gencrl', '-crldays', '30', '-out', at('crl.pem')])
    const judging = judgingContext({ ca: await text('root'), crl: [await text('crl')] })
    const judged = async (name: string) => problemAsServer([new X509Certificate(await text(name)).raw], judging)
    expect(await judged('revoked')).toBe('CERT_REVOKED')
    expect(await judged('both')).toBeUndefined()
  })

  it('is refused where the keys are weaker than the ciphers allow', async () => {
    await make('weak', server, { issuer: 'root', key: ['-newkey', 'rsa:1024', '-nodes'] })
    const strict = judgingContext({ ca: await text('root'), ciphers: 'DEFAULT:@SECLEVEL=2' })
    const chain = [new X509Certificate(await text('weak')).raw]
    expect(await problemAsServer(chain, strict)).toBe('UNSPECIFIED')
  })

  it('is refused where it cannot be read', async () => {
    const judging = judgingContext({ ca: await text('root') })
    await expect(problemAsServer([Buffer.from('none')], judging)).rejects.toThrow()
    await expect(problemAsServer([], judging)).resolves.toBe('UNSPECIFIED')
    const leaf = new X509Certificate(await text('leaf')).raw
    await expect(problemAsServer([leaf, Buffer.from('none')], judging)).resolves.toBe('UNSPECIFIED')
  })
})

describe('a server that connects', () => {
  /** What is thought of a certificate shown over TLS, and what comes right behind the handshake. */
  async function shown(names: readonly string[], isForServers: boolean) {
    const tls = await tlsContext(folder.path, { isForServers, with: { cacertfile: at('root.pem') } })
    const accepted = deferred<Recorded>()
    const heard = deferred<string>()
    const listener = await listenTcp({ port: 0, host: '127.0.0.1', tls }, (connection) => {
      const server = new Recorded(connection, heard.resolve)
      accepted.resolve(server)
      return server
    })
    const cert = (await Promise.all(names.map(text))).join('')
    const key = await readFile(at(`${names[0]}.key`), 'utf8')
    const client = await dialTls({ port: listener.port, cert, key })
    client.write('Hello')
    const { connection } = await accepted.promise
    const result = { certificate: connection.tls?.peerCertificate, heard: await heard.promise }
    client.destroy()
    await listener.close()
    return result
  }

  it('is trusted with a certificate that is not for clients, and nothing is lost meanwhile', async () => {
    const { certificate, heard } = await shown(['leaf', 'between'], true)
    expect(certificate).toMatchObject({ isTrusted: true, problem: undefined })
    expect(heard).toBe('Hello')
  })

  it('is not where another fault has been hidden behind the purpose', async () => {
    await make('self', server)
    expect((await shown(['self'], false)).certificate).toMatchObject({ problem: 'INVALID_PURPOSE' })
    const { certificate } = await shown(['self'], true)
    expect(certificate).toMatchObject({ isTrusted: false, problem: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  })

  it('is not where clients connect', async () => {
    const { certificate } = await shown(['leaf', 'between'], false)
    expect(certificate).toMatchObject({ isTrusted: false, problem: 'INVALID_PURPOSE' })
  })
})
