import type { ModuleContext } from '../../../module/context.ts'
import { userRemoved, userSends, userSendsPresence } from '../../../router/events.ts'
import { afterwards } from '../../../util/settled.ts'
import { privateAsked, privateStored } from '../../private/api.ts'
import { vcardApi, vcardSet } from '../../vcard/api.ts'
import { displayedNode, personalNodeChanged } from '../api.ts'
import type { Engine } from '../engine.ts'
import type { PersonalNodes } from '../personal-nodes.ts'
import { Avatars, avatarFeature } from './avatars.ts'
import { Bookmarks, bookmarkFeatures, storageNs } from './bookmarks.ts'
import { assistFeature, DisplayedMarks } from './displayed.ts'
import { openVcard4 } from './vcard4.ts'

type Context = Pick<ModuleContext, 'on' | 'find' | 'host' | 'onStop' | 'iq'>

/** What is done with nodes of accounts beyond keeping them. */
export function openProfiles(context: Context, engine: Engine, nodes: PersonalNodes): void {
  const { on, host, onStop, iq } = context
  const features = [...bookmarkFeatures, avatarFeature, assistFeature]
  for (const feature of features) onStop(host.features.account.add(feature))
  openVcard4(iq, engine, nodes)
  openBookmarks(context, nodes)
  openAvatars(context, nodes)
  const marks = new DisplayedMarks(host, nodes)
  on(userSends, 'rules', (event) => {
    const { stanza } = event
    if (stanza.kind === 'message' && stanza.has('displayed', displayedNode)) event.stanza = marks.assisted(stanza)
    return undefined
  })
}

function openBookmarks({ on }: Context, nodes: PersonalNodes): void {
  const bookmarks = new Bookmarks(nodes)
  on(personalNodeChanged, 'main', (event) => bookmarks.changed(event))
  on(privateAsked, 'main', ({ user, ns, stored }) => (ns === storageNs ? bookmarks.asStored(user, stored) : undefined))
  on(privateStored, 'main', ({ user, element }) =>
    element.is('storage', storageNs) ? bookmarks.stored(user, element) : undefined,
  )
}

function openAvatars({ on, find, host }: Context, nodes: PersonalNodes): void {
  const avatars = new Avatars(host, nodes, () => find(vcardApi))
  on(personalNodeChanged, 'main', (event) => avatars.published(event))
  on(vcardSet, 'main', ({ user, card }) => avatars.cardSet(user, card))
  on(userRemoved, 'forget', ({ user }) => avatars.forget(user))
  on(
    userSendsPresence,
    'own',
    (event) => {
      const { stanza, session } = event
      if (stanza.type !== '' && stanza.type !== 'available') return undefined
      return afterwards(avatars.stamped(session, stanza), (stamped) => {
        event.stanza = stamped
        return undefined
      })
    },
    { before: ['mod_presence'] },
  )
}
