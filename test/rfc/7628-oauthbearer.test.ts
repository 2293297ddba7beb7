import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OwnTestServer } from '../support/server.ts'
import { fromBase64, toBase64 } from '../support/sign-in.ts'
import {
  attempt,
  attemptOn,
  bindOn,
  outcomeOn,
  plain,
  readyStream,
  startAuthServer,
} from '../support/sign-in-attempt.ts'
import { NS } from '../support/xml.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
let server: OwnTestServer
let folder: string

function token(claims: Record<string, unknown> = { name: 'lena' }): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES384' }).setExpirationTime('1 minute').sign(privateKey)
}

function bearer(text: string, authzid = ''): string {
  return `n,${authzid === '' ? '' : `a=${authzid}`},\x01auth=Bearer ${text}\x01\x01`
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meerkat-jwt-'))
  const file = join(folder, 'jwt.pem')
  await writeFile(file, publicKey.export({ type: 'spki', format: 'pem' }))
  server = await startAuthServer(`
[auth.jwt]
secret.file = ${JSON.stringify(file)}
algorithm = "ES386"
username_key = "name"
`)
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

describe('RFC 7628 OAUTHBEARER', () => {
  it('§3.1 a token signs in, with or without the name', async () => {
    const { stream, offered } = await readyStream(server)
    expect(offered).toEqual(['PLAIN', 'OAUTHBEARER'])
    expect(await attemptOn(stream, 'OAUTHBEARER', bearer(await token()))).toBe('success')
    expect(await bindOn(stream, 'pc')).toBe('lena@localhost/pc')
    stream.destroy()
    expect(await attempt(server, 'OAUTHBEARER', bearer(await token(), 'lena@localhost'))).toBe('success')
  })

  it('§3.2.2 a bad token is refused with a reason, then fails', async () => {
    const { stream } = await readyStream(server)
    stream.send(`<auth xmlns='${NS.sasl}' mechanism='OAUTHBEARER'>${toBase64(bearer('abc'))}</auth>`)
    const { text } = await stream.receives(`<challenge xmlns='${NS.sasl}'>{data}</challenge>`)
    expect(JSON.parse(fromBase64(text.data))).toEqual({ status: 'invalid_token' })
    stream.send(`<response xmlns='${NS.sasl}'>${toBase64('\x01')}</response>`)
    expect(await outcomeOn(stream)).toBe('not-authorized')
    // The same connection may try again.
    expect(await attemptOn(stream, 'OAUTHBEARER', bearer(await token()))).toBe('success')
    stream.destroy()
  })

  it('§3.1 the token of somebody else', async () => {
    expect(await attempt(server, 'OAUTHBEARER', bearer(await token(), 'mila@localhost'))).toBe('invalid-authzid')
  })

  it('a payload that is none', async () => {
    expect(await attempt(server, 'OAUTHBEARER', 'token')).toBe('malformed-request')
  })

  it('PLAIN with the token for the password', async () => {
    expect(await attempt(server, 'PLAIN', plain('lena', await token()))).toBe('success')
    expect(await attempt(server, 'PLAIN', plain('mila', await token()))).toBe('not-authorized')
    expect(await attempt(server, 'PLAIN', plain('lena', 'secret'))).toBe('not-authorized')
  })
})
