import { describe, expect, it } from 'vitest'
import { Stanza } from '../../stanza/stanza.ts'
import { parseElement } from '../../xml/parse.ts'
import { isArchivable } from './archivable.ts'

const rules = { chatMarkers: false, groupchats: false }
const message = (inner: string, type = 'chat') =>
  Stanza.make('message', { type }, ...parseElement(`<m xmlns='jabber:client'>${inner}</m>`).elements())
const isKept = (inner: string, more: Partial<typeof rules> = {}) =>
  isArchivable(message(inner), { ...rules, ...more }, true)

const hint = (name: string) => `<${name} xmlns='urn:xmpp:hints'/>`
const marker = (attrs = '') => `<displayed xmlns='urn:xmpp:chat-markers:0'${attrs}/>`

describe('what is archived', () => {
  it('has a body, if an empty one', () => {
    expect([isKept('<body>x</body>'), isKept('<body/>'), isKept('<subject>x</subject>'), isKept('')]).toEqual([
      ...[true, true, false, false],
    ])
    expect(isKept(`<body xmlns='urn:other'/>`)).toBe(false)
  })

  it('follows the hints', () => {
    expect(isKept(hint('store'))).toBe(true)
    expect(isKept(`<body/>${hint('no-store')}`)).toBe(false)
    expect(isKept(`${hint('store')}${hint('no-permanent-store')}`)).toBe(false)
    expect(isKept(`<body/>${hint('no-copy')}`)).toBe(true)
  })

  it('is nothing that comes from an archive or is late', () => {
    expect(isKept(`<body/><delay xmlns='urn:xmpp:delay'/>`)).toBe(false)
    expect(isKept(`<result xmlns='urn:xmpp:mam:2'/><body/>`)).toBe(false)
  })

  it('changes an earlier message', () => {
    expect(isKept(`<retract xmlns='urn:xmpp:message-retract:1' id='1'/>`)).toBe(true)
    expect(isKept(`<reactions xmlns='urn:xmpp:reactions:0' id='1'/>`)).toBe(true)
    const fastened = (inner: string, id = ` id='1'`) => `<apply-to xmlns='urn:xmpp:fasten:0'${id}>${inner}</apply-to>`
    expect(isKept(fastened(`<retract xmlns='urn:xmpp:message-retract:0'/>`))).toBe(true)
    expect(isKept(fastened(`<retract xmlns='urn:esl:message-retract-by-stanza-id:0'/>`))).toBe(true)
    expect(isKept(fastened(`<retract xmlns='urn:xmpp:message-retract:0'/>`, ''))).toBe(false)
    expect(isKept(fastened(`<other xmlns='urn:x'/>`))).toBe(false)
  })

  it('is a chat marker only where that is wanted, and with an id', () => {
    expect(isKept(marker(` id='1'`))).toBe(false)
    expect(isKept(marker(` id='1'`), { chatMarkers: true })).toBe(true)
    expect(isKept(marker(), { chatMarkers: true })).toBe(false)
  })

  it('is of a type that is for people', () => {
    const types = ['', 'chat', 'normal', 'error', 'headline', 'groupchat']
    const kept = (isIncoming: boolean, groupchats: boolean) =>
      types.filter((type) => isArchivable(message('<body/>', type), { ...rules, groupchats }, isIncoming))
    expect(kept(true, false)).toEqual(['', 'chat', 'normal'])
    expect(kept(true, true)).toEqual(['', 'chat', 'normal', 'groupchat'])
    expect(kept(false, true)).toEqual(['', 'chat', 'normal'])
  })
})
