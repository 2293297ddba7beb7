import { describe, expect, it } from 'vitest'
import { hostOf, rulesOf, secure } from '../../../test/support/negotiation-driver.ts'
import { el } from '../../xml/element.ts'
import { featuresAfterAuth, featuresBeforeAuth } from './features.ts'

const ns = 'urn:xmpp:stream-limits:0'

describe('the limits of a stream (XEP-0478)', () => {
  const host = { ...hostOf('example.org'), idleSeconds: 60 }
  const rules = rulesOf({ maxStanzaBytes: 1000 })

  it('tell how large an element may be, and in a session how long it may be silent', () => {
    expect(featuresBeforeAuth(rules, host, secure, []).child('limits', ns)).toEqual(
      el('limits', ns, el('max-bytes', ns, '1000')),
    )
    expect(featuresAfterAuth(rules, host, secure).child('limits', ns)).toEqual(
      el('limits', ns, el('max-bytes', ns, '1000'), el('idle-seconds', ns, '60')),
    )
  })

  it('are left out where there are none', () => {
    expect(featuresAfterAuth(rulesOf({}), hostOf('example.org'), secure).child('limits', ns)).toBeUndefined()
  })
})
