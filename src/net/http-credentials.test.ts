import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { SaslAnswer } from '../protocol/sasl/mechanism.ts'
import { FakeClock } from '../util/clock.ts'
import { accountOfCredentials, basicCredentials, GuessLimit } from './http-credentials.ts'

function withHeader(authorization?: string): IncomingMessage {
  return { headers: { authorization } } as IncomingMessage
}

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`
}

async function statusOf(attempt: Promise<unknown>): Promise<number> {
  return attempt.then(
    () => 200,
    (error: { status: number }) => error.status,
  )
}

describe('Basic credentials', () => {
  it('are a name without colon and a password', () => {
    expect(basicCredentials(withHeader(basic('kim@a.example:p:ä ß')))).toEqual({
      name: 'kim@a.example',
      password: 'p:ä ß',
    })
    expect(basicCredentials(withHeader('bAsIc  YTo= '))).toEqual({ name: 'a', password: '' })
    expect(basicCredentials(withHeader())).toBeUndefined()
  })

  it.each(['', 'Basic', 'Basic !', 'Bearer YTpi', basic('nocolon'), 'Basic /zo=', `${basic('a:b')}, x`])(
    'are refused as %j',
    (header) => {
      expect(() => basicCredentials(withHeader(header))).toThrow(expect.objectContaining({ status: 401 }))
    },
  )
})

describe('GuessLimit', () => {
  const wrong = () => undefined
  const right = () => 'kim'

  it('answers 429 from the eleventh wrong guess of a minute on, right ones too, and to nobody else', async () => {
    const clock = new FakeClock()
    const limit = new GuessLimit(clock)
    for (let guess = 0; guess < 10; guess++) {
      expect(await statusOf(limit.check('192.0.2.1', wrong))).toBe(401)
      clock.advance(1000)
    }
    const refusal = { status: 429, headers: { 'retry-after': '50' } }
    await expect(limit.check('192.0.2.1', right)).rejects.toMatchObject(refusal)
    expect(await limit.check('192.0.2.2', right)).toBe('kim')
    clock.advance(49_999)
    expect(await statusOf(limit.check('192.0.2.1', right))).toBe(429)
    clock.advance(1)
    expect(await statusOf(limit.check('192.0.2.1', wrong))).toBe(401)
    expect(await statusOf(limit.check('192.0.2.1', right))).toBe(429)
  })

  it('takes an IPv6 network for one peer', async () => {
    const limit = new GuessLimit(new FakeClock(), { most: 2 })
    await statusOf(limit.check('2001:db8::1', wrong))
    await statusOf(limit.check('2001:db8::2', wrong))
    expect(await statusOf(limit.check('2001:db8::3', right))).toBe(429)
  })

  it('tells who asks many things at once no more than who asks one after another', async () => {
    const limit = new GuessLimit(new FakeClock(), { most: 2 })
    const later = async (found: string | undefined) => found
    const guesses = [undefined, undefined, 'kim', 'kim'].map((found) =>
      statusOf(limit.check('192.0.2.1', () => later(found))),
    )
    expect(await Promise.all(guesses)).toEqual([401, 401, 429, 429])
  })
})

describe('credentials of an account', () => {
  const asked: string[] = []
  const answers: Record<string, SaslAnswer> = {
    right: { is: 'yes' },
    wrong: { is: 'no', condition: 'not-authorized' },
    barred: { is: 'no', condition: 'account-disabled', text: 'Barred' },
    away: { is: 'no', condition: 'temporary-auth-failure' },
  }
  const check = async (user: object, password: string) => {
    asked.push(String(user))
    return answers[password] ?? { is: 'no' as const, condition: 'not-authorized' as const }
  }

  it.each([
    ['kim@a.example', 'right', 200],
    ['KIM@a.example', 'right', 200],
    ['kim@a.example', 'wrong', 401],
    ['kim@a.example', 'barred', 403],
    ['kim@a.example', 'away', 503],
  ])('of %s with %s get %i', async (name, password, status) => {
    asked.length = 0
    const limit = new GuessLimit(new FakeClock())
    const found = accountOfCredentials({ name, password }, { address: '192.0.2.1', limit, check })
    expect(await statusOf(found)).toBe(status)
    expect(asked).toEqual(['kim@a.example'])
  })

  it.each([
    ['kim', 'right'],
    ['a.example', 'right'],
    ['kim@a.example/r', 'right'],
    ['@', 'right'],
    ['kim@a.example', ''],
    ['kim@a.example', 'a\0b'],
  ])('of %s with %j are wrong without asking', async (name, password) => {
    asked.length = 0
    const limit = new GuessLimit(new FakeClock())
    const found = accountOfCredentials({ name, password }, { address: '192.0.2.1', limit, check })
    expect(await statusOf(found)).toBe(401)
    expect(asked).toEqual([])
  })
})
