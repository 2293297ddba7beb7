import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { userJid } from '../../module/scalars.ts'
import { refusing } from '../../module/service-commands.ts'
import { type Element, el } from '../../xml/element.ts'
import { type VcardApi, vcardApi } from './api.ts'
import { cardOf, cardSchema, valuesOf } from './card-values.ts'
import { vcardNs } from './cards.ts'

const user = userJid().describe('Address of the account.')
const name = z
  .string()
  .regex(/^[A-Za-z-]+$/)
  .describe('Name of the element, as `FN`.')
const subname = z
  .string()
  .regex(/^[A-Za-z-]+$/)
  .optional()
  .describe('Name of an element in it, as `FAMILY` in `N`.')

async function cardsOf(owner: Jid, services: ModuleServices): Promise<VcardApi> {
  const cards = services.api(owner.domain, vcardApi)
  if (await services.hasUser(owner)) return cards
  throw new CommandError('user_not_found', 'Given user does not exist', { jid: owner.bareString })
}

async function cardIn(owner: Jid, services: ModuleServices): Promise<Element> {
  const cards = await cardsOf(owner, services)
  const card = await refusing(() => cards.get(owner))
  if (card !== undefined) return card
  throw new CommandError('vcard_not_found', 'Vcard for user not found', { jid: owner.bareString })
}

const getVcard = command({
  name: 'vcard.getVcard',
  about: 'Shows the vCard of a user.',
  input: z.strictObject({ user }),
  output: cardSchema,
  scope: 'user',
  offline: true,
  run: async (input, services: ModuleServices) => valuesOf(await cardIn(input.user, services)),
})

const setVcard = command({
  name: 'vcard.setVcard',
  about: 'Replaces the vCard of a user.',
  input: z.strictObject({ user, vcard: cardSchema.describe('The card.').meta({ scalar: 'VcardInput' }) }),
  output: cardSchema,
  scope: 'user',
  own: 'user',
  changes: true,
  offline: true,
  async run(input, services: ModuleServices) {
    const cards = await cardsOf(input.user, services)
    const card = cardOf(input.vcard)
    await refusing(() => cards.set(input.user, card))
    return valuesOf(card)
  },
})

const getField = command({
  name: 'vcard.getField',
  about: 'Shows the values of one element of the vCard of a user.',
  input: z.strictObject({ user, name, subname }),
  output: z.array(z.string()),
  scope: 'admin',
  offline: true,
  async run(input, services: ModuleServices) {
    const card = await cardIn(input.user, services)
    const { subname: inner } = input
    const found = named(card.elements(), input.name)
    return (inner === undefined ? found : found.flatMap((each) => named(each.elements(), inner))).map((each) =>
      each.text(),
    )
  },
})

const setField = command({
  name: 'vcard.setField',
  about: 'Replaces one element of the vCard of a user, or one element in it.',
  input: z.strictObject({ user, name, subname, content: z.array(z.string()).describe('Its values.') }),
  output: z.string(),
  scope: 'admin',
  changes: true,
  offline: true,
  async run(input, services: ModuleServices) {
    const cards = await cardsOf(input.user, services)
    const card = (await refusing(() => cards.get(input.user))) ?? el('vCard', vcardNs)
    await refusing(() => cards.set(input.user, changed(card, input)))
    return 'ok'
  },
})

interface FieldChange {
  readonly name: string
  readonly subname?: string | undefined
  readonly content: readonly string[]
}

function changed(card: Element, { name: field, subname: inner, content }: FieldChange): Element {
  const element = field.toUpperCase()
  const others = card.elements().filter((child) => child.name !== element)
  const texts = (named: string) => content.map((text) => el(named, vcardNs, text))
  if (inner === undefined) return el('vCard', vcardNs, others, texts(element))
  const kept = named(card.elements(), element)[0]?.elements() ?? []
  const part = inner.toUpperCase()
  const children = [...kept.filter((child) => child.name !== part), ...texts(part)]
  return el('vCard', vcardNs, others, el(element, vcardNs, children))
}

function named(elements: readonly Element[], wanted: string): Element[] {
  return elements.filter((element) => element.name === wanted.toUpperCase())
}

/** The commands of the category `vcard`. */
export const vcardCommands = [getVcard, setVcard, getField, setField]
