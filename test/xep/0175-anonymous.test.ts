import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OwnTestServer } from '../support/server.ts'
import { mechanismsOf, openStream, toBase64 } from '../support/sign-in.ts'
import { attemptOn, bindOn, readyStream, startAuthServer } from '../support/sign-in-attempt.ts'
import { NS } from '../support/xml.ts'

describe('XEP-0175 ANONYMOUS', () => {
  let server: OwnTestServer
  beforeAll(async () => {
    server = await startAuthServer('[auth]\nmethods = ["anonymous", "internal"]\n[auth.anonymous]\n[auth.internal]')
  })
  afterAll(() => server.stop())

  it('§2 a client that sends no trace is let in at once', async () => {
    const { stream, offered } = await readyStream(server)
    expect(offered).toContain('ANONYMOUS')
    stream.send(`<auth xmlns='${NS.sasl}' mechanism='ANONYMOUS'/>`)
    await stream.receives(`<success xmlns='${NS.sasl}'/>`)
    expect(await bindOn(stream, 'pc')).toMatch(/^[0-9a-f]{30}@localhost\/pc$/)
    stream.destroy()
  })

  it('RFC 4505 §2 a trace may be sent, and is not told to anybody', async () => {
    const { stream } = await readyStream(server)
    stream.send(`<auth xmlns='${NS.sasl}' mechanism='ANONYMOUS'>${toBase64('sirhc')}</auth>`)
    await stream.receives(`<success xmlns='${NS.sasl}'/>`)
    expect(await bindOn(stream)).not.toContain('sirhc')
    stream.destroy()
  })

  it('after success no mechanism is offered any more', async () => {
    const { stream } = await readyStream(server)
    expect(await attemptOn(stream, 'ANONYMOUS', '')).toBe('success')
    expect(mechanismsOf(await openStream(stream))).toEqual([])
    stream.destroy()
  })

  it('what a guest leaves behind goes with the session', async () => {
    const { stream } = await readyStream(server)
    await attemptOn(stream, 'ANONYMOUS', '')
    const bare = (await bindOn(stream)).split('/')[0]
    const stored = `<notes xmlns='story:notes'>mine</notes>`
    stream.send(`<iq type='set' id='p'><query xmlns='jabber:iq:private'>${stored}</query></iq>`)
    await stream.receives(`<iq type='result' id='p'>{any}</iq>`)
    stream.end()
    await stream.receivesEnd()
    stream.destroy()
    const accounts = server.server.hostOf('localhost')?.accounts
    await expect.poll(() => accounts?.list('localhost')).toEqual([])
    expect(bare).toBeDefined()
  })
})
