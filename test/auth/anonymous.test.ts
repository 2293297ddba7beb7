import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sessionEnds, userRegistered, userRemoved } from '../../src/router/events.ts'
import { ScramClient } from '../support/sasl.ts'
import type { OwnTestServer } from '../support/server.ts'
import { scram } from '../support/sign-in.ts'
import { attempt, attemptOn, bindOn, plain, readyStream, startAuthServer } from '../support/sign-in-attempt.ts'

let server: OwnTestServer
afterAll(() => server.stop())

/** What the modules are told of accounts, and a promise for the next end of a session. */
function watch() {
  const told: string[] = []
  const hooks = server.server.hostOf('localhost')?.hooks
  hooks?.join(userRegistered, 'main', { module: 'test', handler: ({ user }) => void told.push(`+${user.full}`) })
  hooks?.join(userRemoved, 'forget', { module: 'test', handler: ({ user }) => void told.push(`-${user.full}`) })
  return told
}

/** Resolves when the next session has ended, with everything that follows from it. */
function nextEnd(): Promise<void> {
  const hooks = server.server.hostOf('localhost')?.hooks
  return new Promise((resolve) => {
    const joined = hooks?.join(sessionEnds, 'late', {
      module: 'zz_test',
      after: ['passing_accounts'],
      handler: () => {
        joined?.leave()
        resolve()
      },
    })
  })
}

describe('guests and names of their own choice', () => {
  beforeAll(async () => {
    server = await startAuthServer(`
[auth]
methods = ["anonymous", "internal"]
[auth.anonymous]
protocol = "both"
[auth.internal]
`)
    await server.registerUser('kept', 'secret')
  })

  it('a guest gets a name that lives as long as the session', async () => {
    const told = watch()
    const { stream, offered } = await readyStream(server)
    expect(offered).toContain('ANONYMOUS')
    expect(await attemptOn(stream, 'ANONYMOUS', '')).toBe('success')
    const bare = (await bindOn(stream)).split('/')[0] ?? ''
    expect(bare).toMatch(/^[0-9a-f]{30}@localhost$/)
    const accounts = server.server.hostOf('localhost')?.accounts
    expect(await accounts?.list('localhost')).toEqual([bare.split('@')[0], 'kept'])
    const ended = nextEnd()
    stream.destroy()
    await ended
    expect(await accounts?.list('localhost')).toEqual(['kept'])
    expect(told).toEqual([`+${bare}`, `-${bare}`])
  })

  it('two guests are two', async () => {
    const names = await Promise.all(
      [1, 2].map(async () => {
        const { stream } = await readyStream(server)
        await attemptOn(stream, 'ANONYMOUS', 'trace@example.org')
        const name = await bindOn(stream)
        stream.destroy()
        return name
      }),
    )
    expect(new Set(names).size).toBe(2)
  })

  it('any name that no account has is let in, once at a time', async () => {
    const { stream } = await readyStream(server)
    expect(await attemptOn(stream, 'PLAIN', plain('anybody', 'anything'))).toBe('success')
    expect(await bindOn(stream, 'one')).toBe('anybody@localhost/one')
    expect(await attempt(server, 'PLAIN', plain('anybody', 'anything'))).toBe('not-authorized')
    const ended = nextEnd()
    stream.destroy()
    await ended
    expect(await attempt(server, 'PLAIN', plain('anybody', 'other'))).toBe('success')
  })

  it('by SCRAM with the empty password', async () => {
    const { stream } = await readyStream(server)
    const client = new ScramClient({ mechanism: 'SCRAM-SHA-1', user: 'scrammer', password: '' })
    await scram(stream, client, 'SCRAM-SHA-1')
    stream.destroy()
  })

  it('an account that is kept needs its password, and stays', async () => {
    const told = watch()
    expect(await attempt(server, 'PLAIN', plain('kept', 'anything'))).toBe('not-authorized')
    const { stream } = await readyStream(server)
    expect(await attemptOn(stream, 'PLAIN', plain('kept', 'secret'))).toBe('success')
    await bindOn(stream)
    const ended = nextEnd()
    stream.destroy()
    await ended
    expect(told).toEqual([])
    expect(await server.server.hostOf('localhost')?.accounts.list('localhost')).toEqual(['kept'])
  })
})

describe('on its own', () => {
  const offeredBy = async (settings: string) => {
    const own = await startAuthServer(`[auth.anonymous]\n${settings}`)
    try {
      const { stream, offered } = await readyStream(own)
      stream.destroy()
      return offered
    } finally {
      await own.stop()
    }
  }

  it('sasl_anon offers ANONYMOUS alone', async () => {
    expect(await offeredBy('')).toEqual(['ANONYMOUS'])
  })

  it('login_anon offers PLAIN and SCRAM', async () => {
    const offered = await offeredBy('protocol = "login_anon"')
    expect(offered).toContain('PLAIN')
    expect(offered).toContain('SCRAM-SHA-256')
    expect(offered).not.toContain('ANONYMOUS')
  })

  it('the same name may be used twice where that is allowed', async () => {
    const own = await startAuthServer(
      '[auth.anonymous]\nprotocol = "login_anon"\nallow_multiple_connections = true\nbackend = "mnesia"',
    )
    const streams = await Promise.all([readyStream(own), readyStream(own)])
    for (const [index, { stream }] of streams.entries()) {
      expect(await attemptOn(stream, 'PLAIN', plain('shared', 'any'))).toBe('success')
      expect(await bindOn(stream, `r${index}`)).toBe(`shared@localhost/r${index}`)
    }
    for (const { stream } of streams) stream.destroy()
    await own.stop()
  })
})

describe('the dummy', () => {
  it('lets everybody in', async () => {
    const own = await startAuthServer('[auth.dummy]\nbase_time = 0\nvariance = 1')
    const { stream, offered } = await readyStream(own)
    expect(offered).toEqual(['PLAIN'])
    expect(await attemptOn(stream, 'PLAIN', plain('whoever', 'whatever'))).toBe('success')
    expect(await bindOn(stream)).toBe('whoever@localhost/test')
    stream.destroy()
    await own.stop()
  })
})
