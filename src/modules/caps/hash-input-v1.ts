import { NS } from '../../stanza/namespaces.ts'
import type { Element } from '../../xml/element.ts'
import { areDistinct, compareOctets } from './octets.ts'

type Identity = readonly [category: string, type: string, lang: string, name: string]

/**
 * What XEP-0115 §5.1 hashes of a disco#info answer; undefined when the answer is ill-formed (§5.4). Elements that lack what
 * they must have are passed over, and so are forms that do not say what they are.
 */
export function hashInputV1(query: Element): Buffer | undefined {
  const identities = query
    .childrenNamed('identity', NS.discoInfo)
    .map(identityOf)
    .filter((entry) => entry !== undefined)
  const features = featuresOf(query)
  const forms = query
    .childrenNamed('x', NS.forms)
    .map(formOf)
    .filter((form) => form !== undefined)
  const isSound =
    areDistinct(identities.map((identity) => identity.join('/'))) &&
    areDistinct(features) &&
    areDistinct(forms.map((form) => form.type)) &&
    forms.every((form) => form.isSound)
  if (!isSound) return undefined
  const parts = [
    ...[...identities].sort(compareIdentities).map((identity) => identity.join('/')),
    ...[...features].sort(compareOctets),
    ...[...forms].sort((a, b) => compareOctets(a.type, b.type)).flatMap((form) => [form.type, ...form.parts]),
  ]
  // An unescaped '<' inside a part could make one answer look like another (XEP-0115 §5.1).
  if (parts.some((part) => part.includes('<'))) return undefined
  return Buffer.from(parts.map((part) => `${part}<`).join(''), 'utf8')
}

/** The features in a disco#info answer, as they come. */
export function featuresOf(query: Element): string[] {
  return query
    .childrenNamed('feature', NS.discoInfo)
    .map((feature) => feature.attr('var'))
    .filter((feature) => feature !== undefined)
}

function identityOf(element: Element): Identity | undefined {
  const { category, type } = element.attrs
  if (category === undefined || type === undefined) return undefined
  return [category, type, element.attr('xml:lang') ?? '', element.attr('name') ?? '']
}

function compareIdentities(a: Identity, b: Identity): number {
  for (const [index, part] of a.entries()) {
    const order = compareOctets(part, b[index] ?? '')
    if (order !== 0) return order
  }
  return 0
}

interface Form {
  readonly type: string
  readonly parts: readonly string[]
  readonly isSound: boolean
}

function formOf(x: Element): Form | undefined {
  const fields = x.childrenNamed('field')
  const typed = fields.find((field) => field.attr('var') === 'FORM_TYPE')
  const types = new Set(typed === undefined ? [] : valuesOf(typed))
  const [type] = types
  if (type === undefined || typed?.attr('type') !== 'hidden') return undefined
  const parts = fields
    .filter((field) => field !== typed && field.attr('var') !== undefined)
    .sort((a, b) => compareOctets(a.attr('var') ?? '', b.attr('var') ?? ''))
    .flatMap((field) => [field.attr('var') ?? '', ...valuesOf(field).sort(compareOctets)])
  return { type, parts, isSound: types.size === 1 }
}

function valuesOf(field: Element): string[] {
  return field.childrenNamed('value').map((value) => value.text())
}
