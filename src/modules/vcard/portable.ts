import type { Jid } from '../../jid/jid.ts'
import type { ExportedPart, Imported, ImportedElement } from '../../router/events.ts'
import type { VcardApi } from './api.ts'
import { vcardNs } from './cards.ts'

/** A user's card as it stands in a document of XEP-0227. */
export async function exportCard(vcards: VcardApi, user: Jid): Promise<ExportedPart | undefined> {
  const card = await vcards.get(user)
  return card === undefined ? undefined : { elements: [card] }
}

/** Takes a card from such a document; rejects with StanzaError where cards cannot be written. */
export async function importCard(
  vcards: VcardApi,
  { user, element, isDryRun }: ImportedElement,
): Promise<Imported | undefined> {
  if (!element.is('vCard', vcardNs)) return undefined
  if (!isDryRun) await vcards.set(user, element)
  return { kind: 'vCards', count: 1 }
}
