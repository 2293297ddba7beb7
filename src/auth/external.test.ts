import { describe, expect, it } from 'vitest'
import { Jid } from '../jid/jid.ts'
import { ExternalAccounts } from './external.ts'
import { AuthUnavailable } from './method.ts'

const lena = Jid.parse('lena@example.org')

/** A program that gives these answers in turn, and what it was asked. */
function program(...answers: string[]) {
  const asked: string[] = []
  const call = async (packet: Buffer) => {
    asked.push(packet.toString())
    return Buffer.from(answers.shift() ?? '', 'latin1')
  }
  return { asked, accounts: new ExternalAccounts({ call }) }
}

const [yes, no] = ['\0\x01', '\0\0']

describe('an external program', () => {
  it('is asked in its own words', async () => {
    const { asked, accounts } = program(yes, no, yes, yes, yes, no)
    expect(await accounts.checkPassword(lena, 'pa:ss wörd')).toBe(true)
    expect(await accounts.exists(lena)).toBe(false)
    expect(await accounts.setPassword(lena, 'new')).toBe(true)
    expect(await accounts.remove(lena)).toBe(true)
    expect(await accounts.register(lena, 'pw')).toBe('created')
    expect(await accounts.register(lena, 'pw')).toBe('exists')
    expect(asked).toEqual([
      'auth:lena:example.org:pa:ss wörd',
      'isuser:lena:example.org',
      'setpass:lena:example.org:new',
      'removeuser:lena:example.org',
      'tryregister:lena:example.org:pw',
      'tryregister:lena:example.org:pw',
    ])
  })

  it('that answers nonsense or nothing cannot tell', async () => {
    for (const answer of ['', '\0', '\0\x02', '\x01\0', '\0\x01\0']) {
      await expect(program(answer).accounts.exists(lena)).rejects.toThrow(AuthUnavailable)
    }
    const gone = new ExternalAccounts({ call: () => Promise.reject(new Error('it ended')) })
    await expect(gone.checkPassword(lena, 'pw')).rejects.toThrow(AuthUnavailable)
  })

  it('is not asked about what can be no password', async () => {
    const { asked, accounts } = program()
    expect(await accounts.checkPassword(lena, '')).toBe(false)
    expect(asked).toEqual([])
  })
})
