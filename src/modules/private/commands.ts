import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { userJid, xmlElement } from '../../module/scalars.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { el } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { serialise } from '../../xml/serialise.ts'
import { fromWire } from '../../xml/wire.ts'
import { type PrivateApi, privateApi } from './api.ts'

const account = userJid().describe('Address of the account.')

async function storageOf(user: Jid, services: ModuleServices): Promise<PrivateApi> {
  const api = services.api(user.domain, privateApi)
  if (await services.hasUser(user)) return api
  throw new CommandError('not_found', 'Given user does not exist', { jid: user.bareString })
}

function refused(user: Jid, cause: StanzaError): CommandError {
  return new CommandError('not_allowed', cause.message, { jid: user.bareString }, { cause })
}

const getPrivate = command({
  name: 'private.getPrivate',
  about: 'Tells what is kept for a user under a namespace; an empty element where nothing is.',
  input: z.strictObject({
    user: account,
    element: z.string().min(1).describe('Name of the element.'),
    nameSpace: z.string().min(1).describe('Its namespace.'),
  }),
  output: z.string(),
  scope: 'user',
  own: 'user',
  async run({ user, element, nameSpace }, services: ModuleServices) {
    const xml = await (await storageOf(user, services)).get(user, nameSpace)
    const isIt = xml !== undefined && parseElement(xml).is(element, nameSpace)
    return isIt ? xml : fromWire(serialise(el(element, nameSpace)))
  },
})

const setPrivate = command({
  name: 'private.setPrivate',
  about: 'Keeps an element for a user under its namespace.',
  input: z.strictObject({ user: account, elementString: xmlElement().describe('The element, with a namespace.') }),
  output: z.string(),
  scope: 'user',
  own: 'user',
  changes: true,
  async run({ user, elementString: element }, services: ModuleServices) {
    const storage = await storageOf(user, services)
    if (element.ns === '') throw new CommandError('bad_parameter', 'The element has no namespace')
    try {
      await storage.put(user, element)
    } catch (error) {
      throw error instanceof StanzaError ? refused(user, error) : error
    }
    return fromWire(serialise(element))
  },
})

/** The commands of the category `private`. */
export const privateCommands = [getPrivate, setPrivate]
