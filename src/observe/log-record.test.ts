import { describe, expect, it } from 'vitest'
import { toRecord } from './log-record.ts'

const record = (fields: Record<string, unknown>) => toRecord(fields, false)

class Address {
  readonly text = 'a@b'
  toString() {
    return this.text
  }
}

class Secretive {
  readonly body = 'Hello'
}

describe('secrets', () => {
  it('are struck out by the name of their field, at any depth', () => {
    expect(
      record({
        password: 'x',
        old_password: 'x',
        db: { user: 'u', passwd: 'x', nested: [{ apiToken: 'x' }] },
        secret: ['a', 'b'],
        authorization: 'Basic x',
        server_key: 'x',
        private_key: 'x',
      }),
    ).toEqual({
      password: '[redacted]',
      old_password: '[redacted]',
      db: { user: 'u', passwd: '[redacted]', nested: [{ apiToken: '[redacted]' }] },
      secret: '[redacted]',
      authorization: '[redacted]',
      server_key: '[redacted]',
      private_key: '[redacted]',
    })
  })

  it('are not what merely sounds alike', () => {
    const fields = { compass: 'north', passing: 1, token_type: 'fast', token_id: 3, has_password: true, key: 'k' }
    expect(record(fields)).toEqual(fields)
  })
})

describe('what people write to each other', () => {
  it('is shown at debug only', () => {
    const fields = { body: 'Hello', packet: '<message/>', nested: { body: 'Hi' } }
    expect(record(fields)).toEqual({
      body: '[5 characters]',
      packet: '[10 characters]',
      nested: { body: '[2 characters]' },
    })
    expect(toRecord(fields, true)).toEqual(fields)
  })

  it('does not slip out with an object of a class', () => {
    expect(record({ thing: new Secretive() })).toEqual({ thing: '[Secretive]' })
  })
})

describe('values', () => {
  it('become plain data', () => {
    expect(
      record({
        jid: new Address(),
        big: 12n,
        bytes: Buffer.from('abc'),
        at: new Date(0),
        nothing: null,
        left_out: undefined,
        call: () => 1,
        map: new Map(),
        list: [1, 'a', new Address()],
      }),
    ).toEqual({
      jid: 'a@b',
      big: '12',
      bytes: '[3 bytes]',
      at: '1970-01-01T00:00:00.000Z',
      nothing: null,
      call: undefined,
      map: '[Map]',
      list: [1, 'a', 'a@b'],
    })
  })

  it('keep the class, message, code, stack and cause of an error', () => {
    const error = Object.assign(new TypeError('no', { cause: new Error('deeper') }), { code: 'E_NO' })
    expect(record({ reason: error })).toMatchObject({
      reason: { class: 'TypeError', message: 'no', code: 'E_NO', cause: { class: 'Error', message: 'deeper' } },
    })
    expect(String((record({ reason: error }).reason as { stacktrace: unknown }).stacktrace)).toContain(
      'log-record.test',
    )
  })

  it('end at a depth, so that a circle does too', () => {
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    expect(JSON.stringify(record(circle))).toContain('[deeper]')
  })
})
