import { NS } from '../../stanza/namespaces.ts'
import { type Element, el } from '../../xml/element.ts'
import { decodeBase64 } from './base64.ts'
import { SaslError } from './condition.ts'
import type { SaslInput, SaslProfile } from './profile.ts'

function decode(element: Element): Buffer {
  const data = decodeBase64(element.text())
  if (data === undefined || element.elements().length > 0) throw new SaslError('incorrect-encoding')
  return data
}

/** No text: no initial response. "=": one that is empty (RFC 6120 §6.4.2). */
function decodeInitial(element: Element): Buffer | undefined {
  const text = element.text()
  if (text === '=') return Buffer.alloc(0)
  return text === '' ? undefined : decode(element)
}

function read(element: Element): SaslInput | undefined {
  switch (element.name) {
    case 'auth':
      return { says: 'begin', mechanism: element.attr('mechanism') ?? '', initial: decodeInitial(element) }
    case 'response':
      return { says: 'response', data: decode(element) }
    case 'abort':
      return { says: 'abort' }
    default:
      return undefined
  }
}

/** SASL as RFC 6120 §6 dresses it. */
export const classicSasl: SaslProfile = {
  ns: NS.sasl,
  isForClearText: true,
  restartsStream: true,
  feature: (mechanisms) =>
    el(
      'mechanisms',
      NS.sasl,
      mechanisms.map((name) => el('mechanism', NS.sasl, name)),
    ),
  read,
  challenge: (data) => el('challenge', NS.sasl, data.toString('base64')),
  success: (_user, data) => el('success', NS.sasl, data?.length === 0 ? '=' : data?.toString('base64')),
  failure: (condition, text) =>
    el(
      'failure',
      NS.sasl,
      el(condition, NS.sasl),
      text === undefined ? undefined : el('text', NS.sasl, { 'xml:lang': 'en' }, text),
    ),
}
