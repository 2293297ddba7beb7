import { describe, expect, it } from 'vitest'
import { JidError } from './jid-error.ts'
import {
  prepareDomain,
  prepareLocal,
  prepareLocalLegacy,
  prepareOpaque,
  preparePasswordLegacy,
  prepareResource,
  prepareResourceLegacy,
} from './prepare.ts'

describe('parts', () => {
  it('refuses the eight characters of RFC 7622 §3.3.1 in a local part, also when mapped to', () => {
    for (const c of '"&\'/:<>@') expect(() => prepareLocal(`a${c}b`)).toThrow(JidError)
    for (const c of '\uff02\uff06\uff07\uff0f\uff1a\uff1c\uff1e\uff20')
      expect(() => prepareLocal(`a${c}b`)).toThrow(JidError)
    for (const c of '!#$%()*+,-.;=?[\\]^_`{|}~') expect(prepareLocal(`a${c}b`)).toBe(`a${c}b`)
  })

  it('lower-cases the local part and the domain, not the resource', () => {
    expect(prepareLocal('JULIET')).toBe('juliet')
    expect(prepareDomain('EXAMPLE.com')).toBe('example.com')
    expect(prepareResource('Balcony')).toBe('Balcony')
  })

  it('counts octets after preparation (RFC 7622 §3.1)', () => {
    expect(prepareLocal('a'.repeat(1023))).toHaveLength(1023)
    expect(() => prepareLocal('a'.repeat(1024))).toThrow(JidError)
    expect(() => prepareLocal('A'.repeat(1024))).toThrow(JidError)
    expect(prepareLocal('\u00e9'.repeat(511))).toHaveLength(511)
    expect(() => prepareLocal('\u00e9'.repeat(512))).toThrow(JidError)
    expect(prepareResource('\u{1f600}'.repeat(255))).toHaveLength(510)
    expect(() => prepareResource('\u{1f600}'.repeat(256))).toThrow(JidError)
    expect(prepareLocal('e\u0301'.repeat(511))).toHaveLength(511)
  })

  it('refuses long input before work', () => {
    for (const prepare of [
      prepareLocal,
      prepareResource,
      prepareDomain,
      prepareOpaque,
      preparePasswordLegacy,
      prepareLocalLegacy,
    ]) {
      expect(() => prepare('\u0301'.repeat(1_000_000))).toThrow('too long')
    }
  })

  it('takes what becomes short enough, and what is three times as long at most', () => {
    expect(prepareLocal('\uff41'.repeat(1023))).toBe('a'.repeat(1023))
    expect(prepareLocal('\u1100\u1161\u11a8'.normalize('NFC').repeat(341))).toHaveLength(341)
    expect(() => prepareLocal('\uff41'.repeat(1024))).toThrow('too long')
  })

  it('refuses nothing', () => {
    for (const prepare of [
      prepareLocal,
      prepareResource,
      prepareDomain,
      prepareOpaque,
      preparePasswordLegacy,
      prepareLocalLegacy,
    ]) {
      expect(() => prepare('')).toThrow(JidError)
    }
  })
})

describe('passwords and stored names', () => {
  it('differ between the profiles where the profiles do', () => {
    expect(prepareOpaque('\u2163\u00a0x')).toBe('\u2163 x')
    expect(preparePasswordLegacy('\u2163x')).toBe('IVx')
    expect(preparePasswordLegacy('I\u00adX')).toBe('IX')
    expect(() => prepareOpaque('I\u00adX')).toThrow(JidError)
    expect(() => prepareLocal('\u265a')).toThrow(JidError)
    expect(prepareLocalLegacy('\u265aA')).toBe('\u265aa')
    expect(prepareResourceLegacy('a\u00adb')).toBe('ab')
  })

  it('are one for ASCII', () => {
    const text = 'Correct Horse "battery" staple <1@2>'
    expect(prepareOpaque(text)).toBe(text)
    expect(preparePasswordLegacy(text)).toBe(text)
    expect(prepareLocalLegacy('Juliet')).toBe('juliet')
  })
})
