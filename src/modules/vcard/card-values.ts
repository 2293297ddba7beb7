import { z } from 'zod'
import { type Element, el } from '../../xml/element.ts'
import { nameParts, type Parts, partFields, textFields } from './card-fields.ts'
import { vcardNs } from './cards.ts'

/** A card as commands show it and take it: by the names of the admin interface instead of those of vcard-temp. */
export type CardValues = Readonly<Record<string, unknown>>

type Values = Readonly<Record<string, unknown>>

const texts = z.array(z.string()).optional()

function partsSchema(parts: Parts): z.ZodObject {
  const shape = Object.entries(parts).map(([name, part]) => {
    if ('tags' in part) return [name, z.array(z.enum(part.tags)).optional()]
    return [name, part[1] === 'texts' ? texts : z.string().nullish()]
  })
  return z.strictObject(Object.fromEntries(shape) as z.ZodRawShape)
}

const further: z.ZodRawShape = {
  ...Object.fromEntries(Object.keys(textFields).map((name) => [name, texts])),
  ...Object.fromEntries(
    Object.entries(partFields).map(([name, { parts }]) => [name, z.array(partsSchema(parts)).optional()]),
  ),
}

/** A card; an agent is somebody with a card in turn, or who is found at an address. */
export const cardSchema: z.ZodType<CardValues, CardValues> = z.lazy(() =>
  z.strictObject({
    formattedName: z.string(),
    nameComponents: partsSchema(nameParts),
    agent: z.array(z.strictObject({ vcard: cardSchema.nullish(), extValue: z.string().nullish() })).optional(),
    ...further,
  }),
) as unknown as z.ZodType<CardValues, CardValues>

function childrenOf(element: Element, name: string): Element[] {
  return element.elements().filter((child) => child.name === name)
}

function readParts(element: Element, parts: Parts): Values {
  const values = Object.entries(parts).map(([name, part]) => {
    if ('tags' in part) return [name, part.tags.filter((tag) => childrenOf(element, tag).length > 0)]
    const found = childrenOf(element, part[0]).map((child) => child.text())
    return [name, part[1] === 'texts' ? found : (found[0] ?? null)]
  })
  return Object.fromEntries(values) as Values
}

/** What a card says. */
export function valuesOf(card: Element): CardValues {
  const [name] = childrenOf(card, 'N')
  const lists = Object.entries(textFields).map(([field, element]) => [
    field,
    childrenOf(card, element).map((child) => child.text()),
  ])
  const structures = Object.entries(partFields).map(([field, { element, parts }]) => [
    field,
    childrenOf(card, element).map((child) => readParts(child, parts)),
  ])
  return {
    formattedName: childrenOf(card, 'FN')[0]?.text() ?? '',
    nameComponents: readParts(name ?? el('N', vcardNs), nameParts),
    agent: childrenOf(card, 'AGENT').map(agentOf),
    ...(Object.fromEntries([...lists, ...structures]) as Values),
  }
}

function agentOf(agent: Element): Values {
  const [card] = childrenOf(agent, 'vCard')
  return card === undefined ? { extValue: childrenOf(agent, 'EXTVAL')[0]?.text() ?? null } : { vcard: valuesOf(card) }
}

function listOf<T>(value: unknown): readonly T[] {
  return (value ?? []) as readonly T[]
}

function writeParts(name: string, parts: Parts, values: Values): Element {
  const children = Object.entries(parts).flatMap(([field, part]) => {
    const value = values[field]
    if ('tags' in part) return listOf<string>(value).map((tag) => el(tag, vcardNs))
    const written = part[1] === 'texts' ? listOf<string>(value) : listOf<string>(value == null ? [] : [value])
    return written.map((text) => el(part[0], vcardNs, text))
  })
  return el(name, vcardNs, children)
}

/** The card that says this. */
export function cardOf(values: CardValues): Element {
  const agents = listOf<{ vcard?: CardValues | null; extValue?: string | null }>(values['agent'])
  return el(
    'vCard',
    vcardNs,
    el('FN', vcardNs, String(values['formattedName'])),
    writeParts('N', nameParts, values['nameComponents'] as Values),
    Object.entries(textFields).flatMap(([field, name]) =>
      listOf<string>(values[field]).map((text) => el(name, vcardNs, text)),
    ),
    Object.entries(partFields).flatMap(([field, { element, parts }]) =>
      listOf<Values>(values[field]).map((one) => writeParts(element, parts, one)),
    ),
    agents.map(({ vcard, extValue }) =>
      el('AGENT', vcardNs, vcard == null ? el('EXTVAL', vcardNs, extValue ?? '') : cardOf(vcard)),
    ),
  )
}
