import { describe, expect, it } from 'vitest'
import { KeyDeriver } from './key-deriver.ts'
import { AuthUnavailable } from './method.ts'

const salt = Buffer.from('salt')

/** A derivation that ends when it is told to. */
function slow() {
  const running: { password: string; end(error?: Error): void }[] = []
  const derive = (_hash: string, password: string): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      running.push({ password, end: (error) => (error === undefined ? resolve(Buffer.from(password)) : reject(error)) })
    })
  return { running, derive, passwords: () => running.map((each) => each.password) }
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await Promise.resolve()
}

describe('key derivation', () => {
  it('runs so many at once and no more', async () => {
    const { running, derive, passwords } = slow()
    const deriver = new KeyDeriver({ concurrency: 2, derive })
    const results = ['a', 'b', 'c'].map((password) => deriver.check('SHA-1', password, salt, 1))
    expect(passwords()).toEqual(['a', 'b'])
    running[0]?.end()
    await settled()
    expect(passwords()).toEqual(['a', 'b', 'c'])
    for (const each of running) each.end()
    expect((await Promise.all(results)).map(String)).toEqual(['a', 'b', 'c'])
    expect(deriver.count).toBe(3)
  })

  it('lets log-ins go before registrations', async () => {
    const { running, derive, passwords } = slow()
    const deriver = new KeyDeriver({ concurrency: 1, derive })
    const all = [
      deriver.make('SHA-1', 'import1', salt, 1),
      deriver.make('SHA-1', 'import2', salt, 1),
      deriver.check('SHA-1', 'login', salt, 1),
    ]
    running[0]?.end()
    await settled()
    expect(passwords()).toEqual(['import1', 'login'])
    running[1]?.end()
    await settled()
    running[2]?.end()
    await Promise.all(all)
    expect(passwords()).toEqual(['import1', 'login', 'import2'])
  })

  it('refuses log-ins beyond its queue, never registrations', async () => {
    const { derive } = slow()
    const deriver = new KeyDeriver({ concurrency: 1, maxWaiting: 1, derive })
    void deriver.check('SHA-1', 'a', salt, 1)
    void deriver.check('SHA-1', 'b', salt, 1)
    await expect(deriver.check('SHA-1', 'c', salt, 1)).rejects.toThrow(AuthUnavailable)
    void deriver.make('SHA-1', 'd', salt, 1)
    expect(deriver.count).toBe(1)
  })

  it('goes on after one that failed', async () => {
    const { running, derive } = slow()
    const deriver = new KeyDeriver({ concurrency: 1, derive })
    const failed = deriver.check('SHA-1', 'a', salt, 1)
    const next = deriver.check('SHA-1', 'b', salt, 1)
    running[0]?.end(new Error('no memory'))
    await expect(failed).rejects.toThrow('no memory')
    await settled()
    running[1]?.end()
    expect(String(await next)).toBe('b')
  })

  it('really derives unless told otherwise', async () => {
    const key = await new KeyDeriver().make('SHA-1', 'password', salt, 2)
    // RFC 6070 §2, the vector of two iterations.
    expect(key.toString('hex')).toBe('ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957')
  })
})
