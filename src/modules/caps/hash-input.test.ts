import { describe, expect, it } from 'vitest'
import { parseElement } from '../../xml/parse.ts'
import { hashOf } from './algorithms.ts'
import { hashInputV1 } from './hash-input-v1.ts'
import { hashInputV2 } from './hash-input-v2.ts'

const ns = `xmlns='http://jabber.org/protocol/disco#info'`
const featureList = (names: string) =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => `<feature var='${name}'/>`)
    .join('')
const query = (content: string) => parseElement(`<query ${ns}>${content}</query>`)
const field = (name: string, ...values: string[]) =>
  `<field var='${name}'${name === 'FORM_TYPE' ? " type='hidden'" : ''}>${values.map((value) => `<value>${value}</value>`).join('')}</field>`
const form = (...fields: string[]) => `<x xmlns='jabber:x:data' type='result'>${fields.join('')}</x>`
const identity = `<identity category='client' type='pc' name='Exodus 0.9.1'/>`
const exodus =
  identity +
  featureList(
    'http://jabber.org/protocol/muc http://jabber.org/protocol/disco#items http://jabber.org/protocol/disco#info http://jabber.org/protocol/caps',
  )

function v1(content: string): string | undefined {
  const input = hashInputV1(query(content))
  return input && hashOf('sha-1', input)
}

function v2(content: string, algorithm = 'sha-256'): string | undefined {
  const input = hashInputV2(query(content))
  return input && hashOf(algorithm, input)
}

describe('the hash of XEP-0115', () => {
  it('is that of the simple example (§5.2)', () => {
    expect(v1(exodus)).toBe('QgayPKawpkPSDYmwT/WM94uAlu0=')
  })

  it('is that of the example with languages and a form (§5.3)', () => {
    const content =
      `<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>` +
      `<identity xml:lang='el' category='client' name='\u03a8 0.11' type='pc'/>` +
      featureList(
        'http://jabber.org/protocol/caps http://jabber.org/protocol/disco#info http://jabber.org/protocol/disco#items http://jabber.org/protocol/muc',
      ) +
      form(
        field('FORM_TYPE', 'urn:xmpp:dataforms:softwareinfo'),
        field('software_version', '0.11'),
        field('ip_version', 'ipv6', 'ipv4'),
        field('os', 'Mac'),
        field('os_version', '10.5.1'),
        field('software', 'Psi'),
      )
    expect(v1(content)).toBe('q07IKJEyjvHSyhy//CH0CxmKi8w=')
  })

  it('leaves out what is malformed, and forms that do not say what they are', () => {
    const visible = `<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE'><value>urn:f</value></field></x>`
    expect(v1(`${exodus}<feature/><identity type='pc'/>${visible}${form(field('a', 'b'))}`)).toBe(v1(exodus))
  })

  it.each([
    ['a feature twice', `${featureList('urn:a')}${featureList('urn:a')}`],
    ['an identity twice', identity + identity],
    ['a form twice', form(field('FORM_TYPE', 'urn:f')) + form(field('FORM_TYPE', 'urn:f'))],
    ['a form of two types', form(field('FORM_TYPE', 'urn:f', 'urn:g'))],
    ['the character that separates', `<feature var='urn:a&lt;urn:b'/>`],
  ])('there is none with %s (§5.4)', (_what, content) => {
    expect(v1(content)).toBeUndefined()
  })

  it('sorts by bytes', () => {
    // By UTF-16 units the second would come first.
    const input = hashInputV1(query(`<feature var='\u{1f422}'/><feature var='\uff01'/>`))
    expect(input?.toString('utf8')).toBe('\uff01<\u{1f422}<')
  })
})

const bombus = `
  http://jabber.org/protocol/si http://jabber.org/protocol/bytestreams http://jabber.org/protocol/chatstates
  http://jabber.org/protocol/disco#info http://jabber.org/protocol/disco#items urn:xmpp:ping jabber:iq:time
  jabber:iq:privacy jabber:iq:version http://jabber.org/protocol/rosterx urn:xmpp:time jabber:x:oob
  http://jabber.org/protocol/ibb http://jabber.org/protocol/si/profile/file-transfer urn:xmpp:receipts
  jabber:iq:roster jabber:iq:last
`

const tkabber = `
  games:board http://jabber.org/protocol/activity http://jabber.org/protocol/activity+notify
  http://jabber.org/protocol/bytestreams http://jabber.org/protocol/chatstates http://jabber.org/protocol/commands
  http://jabber.org/protocol/disco#info http://jabber.org/protocol/disco#items http://jabber.org/protocol/evil
  http://jabber.org/protocol/feature-neg http://jabber.org/protocol/geoloc http://jabber.org/protocol/geoloc+notify
  http://jabber.org/protocol/ibb http://jabber.org/protocol/iqibb http://jabber.org/protocol/mood
  http://jabber.org/protocol/mood+notify http://jabber.org/protocol/rosterx http://jabber.org/protocol/si
  http://jabber.org/protocol/si/profile/file-transfer http://jabber.org/protocol/tune
  http://www.facebook.com/xmpp/messages http://www.xmpp.org/extensions/xep-0084.html#ns-metadata+notify
  jabber:iq:avatar jabber:iq:browse jabber:iq:dtcp jabber:iq:filexfer jabber:iq:ibb jabber:iq:inband
  jabber:iq:jidlink jabber:iq:last jabber:iq:oob jabber:iq:privacy jabber:iq:roster jabber:iq:time jabber:iq:version
  jabber:x:data jabber:x:event jabber:x:oob urn:xmpp:avatar:metadata+notify urn:xmpp:ping urn:xmpp:receipts
  urn:xmpp:time
`

describe('the hash of XEP-0390', () => {
  it('is that of the simple example (§4.4.1)', () => {
    const content = `<identity category='client' name='BombusMod' type='mobile'/>${featureList(bombus)}`
    expect(v2(content)).toBe('kzBZbkqJ3ADrj7v08reD1qcWUwNGHaidNUgD7nHpiw8=')
    expect(v2(content, 'sha3-256')).toBe('79mdYAfU9rEdTOcWDO7UEAt6E56SUzk/g6TnqUeuD9Q=')
  })

  it('is that of the example with languages and a form (§4.4.2)', () => {
    const content =
      `<identity category='client' name='Tkabber' type='pc' xml:lang='en'/>` +
      `<identity category='client' name='\u0422\u043a\u0430\u0431\u0431\u0435\u0440' type='pc' xml:lang='ru'/>` +
      featureList(tkabber) +
      form(
        field('FORM_TYPE', 'urn:xmpp:dataforms:softwareinfo'),
        field('software', 'Tkabber'),
        field('software_version', '0.11.1-svn-20111216-mod (Tcl/Tk 8.6b2)'),
        field('os', 'Windows'),
        field('os_version', 'XP'),
      )
    expect(v2(content)).toBe('u79ZroNJbdSWhdSp311mddz44oHHPsEBntQ5b1jqBSY=')
    expect(v2(content, 'sha3-256')).toBe('XpUJzLAc93258sMECZ3FJpebkzuyNXDzRNwQog8eycg=')
  })

  it.each([
    ['an unknown child', `<other xmlns='urn:other'/>`],
    ['a feature without name', '<feature/>'],
    ['an identity without type', `<identity category='client'/>`],
    ['a form without type', form(field('a', 'b'))],
    [
      'a form whose type is not hidden',
      `<x xmlns='jabber:x:data'><field var='FORM_TYPE'><value>urn:f</value></field></x>`,
    ],
    ['a table', `<x xmlns='jabber:x:data'>${field('FORM_TYPE', 'urn:f')}<reported/></x>`],
    ['a field without name', form(field('FORM_TYPE', 'urn:f'), '<field/>')],
  ])('there is none with %s', (_what, content) => {
    expect(v2(content)).toBeUndefined()
  })
})

describe('hash functions', () => {
  it.each(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512', 'sha3-256', 'sha3-512', 'id-blake2b512'])(
    '%s is there',
    (name) => {
      expect(hashOf(name, Buffer.from('x'))).toMatch(/^[A-Za-z0-9+/]+=*$/)
    },
  )

  it('others are not', () => {
    expect(hashOf('md5', Buffer.from('x'))).toBeUndefined()
  })
})
