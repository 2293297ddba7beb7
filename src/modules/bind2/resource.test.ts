import { describe, expect, it } from 'vitest'
import { Jid } from '../../jid/jid.ts'
import { resourceFor } from './resource.ts'

const lena = Jid.parse('lena@example.org')
const secret = Buffer.from('secret')
const agent = { id: 'd4565fa7-4d72-4749-b3d3-740edbf87770', software: '', device: '' }

describe('the resource that Bind 2 makes', () => {
  it('is the tag and an identifier', () => {
    expect(resourceFor(lena, 'Tavern', undefined, secret)).toMatch(/^Tavern\/[\w-]{16}$/)
    expect(resourceFor(lena, 'a b/c', undefined, secret)).toMatch(/^a b\/c\/[\w-]{16}$/)
  })

  it('has no tag where there is none or it can be in no resource', () => {
    for (const tag of ['', '\u0007', 'x'.repeat(1020)]) {
      expect(resourceFor(lena, tag, undefined, secret)).toMatch(/^[\w-]{16}$/)
    }
  })

  it('is another one each time for a program that does not tell who it is', () => {
    expect(resourceFor(lena, '', undefined, secret)).not.toBe(resourceFor(lena, '', undefined, secret))
    const nameless = { ...agent, id: '' }
    expect(resourceFor(lena, '', nameless, secret)).not.toBe(resourceFor(lena, '', nameless, secret))
  })

  it('is the same for a program that does, and differs between accounts and servers', () => {
    const resource = resourceFor(lena, '', agent, secret)
    expect(resourceFor(lena, '', agent, secret)).toBe(resource)
    expect(resourceFor(Jid.parse('mara@example.org'), '', agent, secret)).not.toBe(resource)
    expect(resourceFor(lena, '', agent, Buffer.from('other'))).not.toBe(resource)
  })
})
