import { describe, expect, it } from 'vitest'
import { UnusablePassword } from './method.ts'
import { passwordForms, preparedPassword } from './password.ts'

describe('passwords', () => {
  it('are stored as OpaqueString has them', () => {
    expect(preparedPassword('Correct horse')).toBe('Correct horse')
    expect(preparedPassword('a\u00a0b')).toBe('a b')
  })

  it.each(['', 'a\u0007b'])('%j cannot be stored', (password) => {
    expect(() => preparedPassword(password)).toThrow(UnusablePassword)
  })

  it('have one form mostly, two where the old rules differ, none where they can be none', () => {
    expect(passwordForms('secret')).toEqual(['secret'])
    // Compatibility characters were folded once (NFKC) and are not any more (NFC).
    expect(passwordForms('ﬁsh')).toEqual(['ﬁsh', 'fish'])
    expect(passwordForms('')).toEqual([])
  })
})
