import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deriveKeys } from '../../../test/support/derive-keys.ts'
import { ScramTestClient } from '../../../test/support/scram-test-client.ts'
import { SaslError } from '../sasl/condition.ts'
import { decoyKeys, hashBytes, type ScramHash, type ScramKeys, scramHashes } from './keys.ts'
import { decodeSaslName } from './message.ts'
import { downgradeHash, ScramServer, type ScramSetup } from './server.ts'

const binding = Buffer.from('the secret of this very channel')

function setup(changes: Partial<ScramSetup> = {}): ScramSetup {
  return {
    hash: 'SHA-1',
    isPlus: false,
    wasPlusOffered: false,
    bindingTypes: [],
    channelBinding: () => undefined,
    nonce: '3rfcNHYJY1ZVvWVs7j',
    ...changes,
  }
}

function conditionOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof SaslError) return error.condition
    throw error
  }
  return 'none'
}

function keysOf(hash: ScramHash, password: string, salt = 'c2FsdHNhbHRzYWx0c2FsdA=='): Promise<ScramKeys> {
  return deriveKeys(hash, password, Buffer.from(salt, 'base64'), 32)
}

describe('RFC 5802 §5', () => {
  it('plays the example of the RFC', async () => {
    const keys = await deriveKeys('SHA-1', 'pencil', Buffer.from('QSXCR+Q6sek8bf92', 'base64'), 4096)
    const server = new ScramServer(setup())
    const first = server.begin(Buffer.from('n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL'))
    expect(first).toEqual({ username: 'user', authzid: undefined })
    expect(server.challenge(keys, false).toString()).toBe(
      'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    )
    const final = 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts='
    expect(server.finish(Buffer.from(final)).toString()).toBe('v=rmF9pqV8S7suAoZWja4dJRkFsKQ=')
  })
})

describe('RFC 7677 §3', () => {
  it('plays the example of the RFC', async () => {
    const keys = await deriveKeys('SHA-256', 'pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), 4096)
    const server = new ScramServer(setup({ hash: 'SHA-256', nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0' }))
    server.begin(Buffer.from('n,,n=user,r=rOprNGfwEbeRWgbNEkqO'))
    server.challenge(keys, false)
    const final =
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='
    expect(server.finish(Buffer.from(final)).toString()).toBe('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
  })
})

describe('every hash', () => {
  it.each(scramHashes)('%s: the right password is proven both ways, a wrong one is not', async (hash) => {
    const keys = await keysOf(hash, 'pencil')
    expect(keys.storedKey.length).toBe(hashBytes(hash))
    for (const password of ['pencil', 'Pencil']) {
      const server = new ScramServer(setup({ hash }))
      const client = new ScramTestClient({ hash, username: 'user', password })
      server.begin(client.first())
      const proof = client.final(server.challenge(keys, false))
      if (password === 'pencil') expect(client.isServerProven(server.finish(proof))).toBe(true)
      else expect(conditionOf(() => server.finish(proof))).toBe('not-authorized')
    }
  })
})

describe('gs2 flags and channel binding', () => {
  const bound = { isPlus: true, wasPlusOffered: true, bindingTypes: ['tls-exporter'], channelBinding: () => binding }

  async function play(server: ScramServer, client: ScramTestClient): Promise<string> {
    const keys = await keysOf('SHA-1', 'pencil')
    return conditionOf(() => {
      server.begin(client.first())
      server.finish(client.final(server.challenge(keys, false)))
    })
  }

  it('accepts the right binding', async () => {
    const client = new ScramTestClient({ username: 'user', password: 'pencil', gs2: 'p=tls-exporter', binding })
    expect(await play(new ScramServer(setup(bound)), client)).toBe('none')
  })

  it('refuses the binding of another channel', async () => {
    const foreign = Buffer.from('some other channel')
    const client = new ScramTestClient({
      username: 'user',
      password: 'pencil',
      gs2: 'p=tls-exporter',
      binding: foreign,
    })
    expect(await play(new ScramServer(setup(bound)), client)).toBe('not-authorized')
  })

  it('refuses a type that was not announced', async () => {
    const client = new ScramTestClient({ username: 'user', password: 'pencil', gs2: 'p=tls-unique', binding })
    expect(await play(new ScramServer(setup(bound)), client)).toBe('not-authorized')
  })

  it('refuses a type whose data is missing', async () => {
    const client = new ScramTestClient({ username: 'user', password: 'pencil', gs2: 'p=tls-exporter', binding })
    const server = new ScramServer(setup({ ...bound, channelBinding: () => undefined }))
    expect(await play(server, client)).toBe('not-authorized')
  })

  it.each([
    ['n', false, true, 'none'],
    ['y', false, false, 'none'],
    ['y', false, true, 'not-authorized'],
    ['n', true, true, 'malformed-request'],
    ['y', true, true, 'malformed-request'],
    ['p=tls-exporter', false, true, 'malformed-request'],
  ])('flag %s, -PLUS chosen %s, -PLUS offered %s: %s', async (gs2, isPlus, wasPlusOffered, expected) => {
    const client = new ScramTestClient({ username: 'user', password: 'pencil', gs2 })
    const server = new ScramServer(setup({ isPlus, wasPlusOffered, bindingTypes: ['tls-exporter'] }))
    expect(await play(server, client)).toBe(expected)
  })
})

describe('messages', () => {
  it.each([
    '',
    'n',
    'n,',
    'n,,',
    'n,,n=user',
    'n,,n=,r=abc',
    'n,,n=user,r=',
    'x,,n=user,r=abc',
    'p=,,n=user,r=abc',
    'n,b=foo,n=user,r=abc',
    'n,a=,n=user,r=abc',
    'n,,m=must,n=user,r=abc',
    'n,,n=us=er,r=abc',
    'n,,n=us=2cer,r=abc',
    'n,,n=user,r=a\u00e9c',
    'n,,n=user,r=abc,',
    'n,,n=user,r=abc,x',
    'n,,n=us\0er,r=abc',
    'n,,r=abc,n=user',
  ])('first message %j is malformed', (text) => {
    expect(conditionOf(() => new ScramServer(setup()).begin(Buffer.from(text)))).toBe('malformed-request')
  })

  it('refuses bytes that are not UTF-8', () => {
    const message = Buffer.from('n,,n=us\xe9r,r=abc', 'latin1')
    expect(conditionOf(() => new ScramServer(setup()).begin(message))).toBe('malformed-request')
  })

  it('takes optional extensions and an authorisation identity', () => {
    const server = new ScramServer(setup())
    expect(server.begin(Buffer.from('n,a=other=2Cname,n=us=3Der,r=abc,x=anything'))).toEqual({
      username: 'us=er',
      authzid: 'other,name',
    })
  })

  it.each([
    '',
    'c=biws',
    'c=biws,r=abcXYZ',
    'c=biws,r=abcXYZ,p=',
    'c=biws,r=abcXYZ,p=!!!!',
    'c=b!ws,r=abcXYZ,p=AAAA',
    'r=abcXYZ,c=biws,p=AAAA',
    'c=biws,r=abcXYZ,p=AAAA,x=y',
  ])('final message %j is malformed', async (text) => {
    const server = new ScramServer(setup({ nonce: 'XYZ' }))
    server.begin(Buffer.from('n,,n=user,r=abc'))
    server.challenge(await keysOf('SHA-1', 'pencil'), false)
    expect(conditionOf(() => server.finish(Buffer.from(text)))).toBe('malformed-request')
  })

  it('refuses a final message out of order', () => {
    expect(conditionOf(() => new ScramServer(setup()).finish(Buffer.from('c=biws,r=a,p=AAAA')))).toBe(
      'malformed-request',
    )
  })

  it('refuses another nonce even when the proof over it is right', async () => {
    const server = new ScramServer(setup())
    const client = new ScramTestClient({ username: 'user', password: 'pencil' })
    server.begin(client.first())
    const challenge = server.challenge(await keysOf('SHA-1', 'pencil'), false).toString()
    const altered = client.final(Buffer.from(challenge), { nonce: 'another' })
    expect(conditionOf(() => server.finish(altered))).toBe('not-authorized')
  })

  it('reads names back as they were escaped', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
        fc.pre(!name.includes('\0'))
        expect(decodeSaslName(name.replaceAll('=', '=3D').replaceAll(',', '=2C'))).toBe(name)
      }),
    )
  })
})

describe('mutated messages', () => {
  it('never authenticate', async () => {
    const keys = await keysOf('SHA-256', 'pencil')
    const mutation = fc.record({
      which: fc.constantFrom(0, 1),
      at: fc.nat(400),
      byte: fc.integer({ min: 0, max: 255 }),
    })
    fc.assert(
      fc.property(mutation, ({ which, at, byte }) => {
        const server = new ScramServer(setup({ hash: 'SHA-256' }))
        const client = new ScramTestClient({ hash: 'SHA-256', username: 'user', password: 'pencil' })
        const first = client.first()
        const sent = which === 0 ? mutate(first, at, byte) : first
        let isChanged = !sent.equals(first)
        const outcome = conditionOf(() => {
          server.begin(sent)
          const final = client.final(server.challenge(keys, false), { anyNonce: true })
          const sentFinal = which === 1 ? mutate(final, at, byte) : final
          isChanged ||= !sentFinal.equals(final)
          server.finish(sentFinal)
        })
        expect(outcome === 'none').toBe(!isChanged)
      }),
      { numRuns: 1000 },
    )
  })

  function mutate(message: Buffer, at: number, byte: number): Buffer {
    const copy = Buffer.from(message)
    copy[at % copy.length] = byte
    return copy
  }
})

describe('decoys', () => {
  const decoy = { secret: Buffer.from('secret'), iterations: 10_000 }

  it('gives a name the same salt each time, and other names and hashes other ones', () => {
    const once = decoyKeys(decoy, 'nobody', 'SHA-1')
    expect(decoyKeys(decoy, 'nobody', 'SHA-1')).toEqual(once)
    expect(once.salt.length).toBe(16)
    expect(once.iterations).toBe(10_000)
    expect(decoyKeys(decoy, 'nobody', 'SHA-256').salt).not.toEqual(once.salt)
    expect(decoyKeys(decoy, 'nobody2', 'SHA-1').salt).not.toEqual(once.salt)
    expect(decoyKeys({ ...decoy, secret: Buffer.from('other') }, 'nobody', 'SHA-1').salt).not.toEqual(once.salt)
  })

  it('plays on and fails at the proof, even when the proof would hold', async () => {
    const server = new ScramServer(setup())
    const client = new ScramTestClient({ username: 'user', password: 'pencil' })
    server.begin(client.first())
    const final = client.final(server.challenge(await keysOf('SHA-1', 'pencil'), true))
    expect(conditionOf(() => server.finish(final))).toBe('not-authorized')
  })
})

describe('XEP-0474 §5', () => {
  it('hashes the lists of the example', () => {
    const mechanisms = ['SCRAM-SHA-1-PLUS', 'SCRAM-SHA-1']
    const bindings = ['tls-server-end-point', 'tls-exporter']
    expect(downgradeHash('SHA-1', mechanisms, bindings)).toBe('G6k/rBLDqgOhRRaCuuatSDFkJ08=')
    expect(downgradeHash('SHA-1', mechanisms, [])).not.toBe('G6k/rBLDqgOhRRaCuuatSDFkJ08=')
  })

  it('puts the hash into the signed first message of the server', async () => {
    const server = new ScramServer(setup({ downgradeHash: 'abcd' }))
    const client = new ScramTestClient({ username: 'user', password: 'pencil' })
    server.begin(client.first())
    const challenge = server.challenge(await keysOf('SHA-1', 'pencil'), false)
    expect(challenge.toString()).toMatch(/,h=abcd$/)
    expect(client.isServerProven(server.finish(client.final(challenge)))).toBe(true)
  })
})
