import type { ModuleContext } from '../../module/context.ts'
import { exportsUser, importsUser } from '../../router/events.ts'
import { vcardNs } from './cards.ts'
import type { Vcards } from './vcards.ts'

/** Lets the cards of users go into documents of XEP-0227 and come from them; those of a directory are not for us to move. */
export function moveCards(on: ModuleContext['on'], vcards: Vcards): void {
  on(exportsUser, 'main', async ({ user }) => {
    const card = await vcards.get(user)
    return card === undefined ? undefined : { elements: [card] }
  })
  on(importsUser, 'main', async ({ user, element, isDryRun }) => {
    if (!element.is('vCard', vcardNs)) return undefined
    if (!isDryRun) await vcards.set(user, element)
    return { kind: 'vCards', count: 1 }
  })
}
