import { describe, expect, it } from 'vitest'
import { cipherSuites } from './ciphers.ts'

const suite = (cipher: string, key_exchange: string, mac: string, prf?: string) => ({ cipher, key_exchange, mac, prf })

describe('cipher suites', () => {
  it('are a list of OpenSSL, or written in their parts', () => {
    const read = (value: unknown) => cipherSuites().parse(value)
    expect(read('HIGH:!aNULL')).toBe('HIGH:!aNULL')
    const parts = [
      suite('aes_256_gcm', 'any', 'aead', 'sha384'),
      suite('chacha20_poly1305', 'ecdhe_ecdsa', 'aead', 'sha256'),
      suite('aes_128_gcm', 'rsa', 'aead', 'sha256'),
      suite('aes_256_cbc', 'dhe_rsa', 'sha256'),
    ]
    const names = [
      'TLS_AES_256_GCM_SHA384',
      'ECDHE-ECDSA-CHACHA20-POLY1305',
      'AES128-GCM-SHA256',
      'DHE-RSA-AES256-SHA256',
    ]
    expect(read(parts)).toBe(names.join(':'))
  })

  it('are refused when they are not offered, or none are', () => {
    const isTaken = (value: unknown) => cipherSuites().safeParse(value).success
    expect(isTaken([suite('rc4_128', 'rsa', 'md5')])).toBe(false)
    expect(isTaken([suite('aes_256_gcm', 'psk', 'aead', 'sha384')])).toBe(false)
    expect(isTaken([])).toBe(false)
    expect(isTaken('')).toBe(false)
  })
})
