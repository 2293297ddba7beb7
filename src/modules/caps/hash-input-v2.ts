import { NS } from '../../stanza/namespaces.ts'
import type { Element } from '../../xml/element.ts'
import { compareOctets } from './octets.ts'

const afterValue = '\x1f'
const afterRecord = '\x1e'
const afterForm = '\x1d'
const afterPart = '\x1c'

/**
 * What XEP-0390 §4.1 hashes of a disco#info answer; undefined when anything in it is not as it must be. `lang` is the language
 * of an identity that names none.
 */
export function hashInputV2(query: Element, lang = ''): Buffer | undefined {
  const features: string[] = []
  const identities: string[] = []
  const forms: string[] = []
  for (const child of query.elements()) {
    const [list, text] = child.is('feature', NS.discoInfo)
      ? [features, featureText(child)]
      : child.is('identity', NS.discoInfo)
        ? [identities, identityText(child, lang)]
        : [forms, child.is('x', NS.forms) ? formText(child) : undefined]
    if (text === undefined) return undefined
    list.push(text)
  }
  return Buffer.from([features, identities, forms].map((list) => sorted(list) + afterPart).join(''), 'utf8')
}

function sorted(texts: readonly string[]): string {
  return [...texts].sort(compareOctets).join('')
}

function featureText(feature: Element): string | undefined {
  const name = feature.attr('var')
  return name === undefined ? undefined : name + afterValue
}

function identityText(identity: Element, lang: string): string | undefined {
  const { category, type } = identity.attrs
  if (category === undefined || type === undefined) return undefined
  const parts = [category, type, identity.attr('xml:lang') ?? lang, identity.attr('name') ?? '']
  return parts.map((part) => part + afterValue).join('') + afterRecord
}

function formText(x: Element): string | undefined {
  if (x.child('reported') !== undefined || x.child('item') !== undefined) return undefined
  const fields = x.childrenNamed('field')
  const types = fields.filter((field) => field.attr('var') === 'FORM_TYPE')
  const [type] = types
  if (types.length !== 1 || type?.attr('type') !== 'hidden' || type.childrenNamed('value').length !== 1)
    return undefined
  const texts = fields.map(fieldText)
  return texts.includes(undefined) ? undefined : sorted(texts.filter((text) => text !== undefined)) + afterForm
}

function fieldText(field: Element): string | undefined {
  const name = field.attr('var')
  if (name === undefined) return undefined
  const values = field.childrenNamed('value').map((value) => value.text() + afterValue)
  return name + afterValue + sorted(values) + afterRecord
}
