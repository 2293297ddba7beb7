import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { defineModule } from '../../module/define.ts'
import { accountReceives, userSends } from '../../router/events.ts'
import { archiveId } from '../../router/notes.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { formatStanzaId, stanzaIdNs, stanzaIdText, withoutStanzaIds } from '../../stanza/stanza-id.ts'
import { momentIds } from '../../util/moment-ids.ts'
import { stableId, stanzaIdApi } from './api.ts'

export default defineModule({
  name: 'mod_stanzaid',
  about: 'Gives every message an id that everybody who keeps it agrees on.',
  xeps: [{ xep: 359, version: '0.7.0' }],
  inCluster: true,
  options: z.strictObject({}),
  accountFeatures: [stanzaIdNs],
  setup({ on, clock, provide }) {
    const ids = momentIds(clock)

    const decorate = (message: Stanza, by: Jid): Stanza => {
      const id = message.get(stableId)
      if (id === undefined || message.get(archiveId) !== undefined) return message
      // That of the room is the one that counts.
      if (message.type === 'groupchat' && message.has('stanza-id', stanzaIdNs)) return message
      return message.prepend(stanzaIdText(by, formatStanzaId(id)))
    }
    provide(stanzaIdApi, { decorate })

    on(userSends, 'identify', (event) => {
      const { stanza, session } = event
      if (stanza.kind !== 'message' || stanza.type === 'error') return
      event.stanza = withoutStanzaIds(stanza, session.jid).with(stableId, ids.next())
    })
    on(accountReceives, 'identify', (event) => {
      const { stanza, account } = event
      if (stanza.kind === 'message' && stanza.get(archiveId) === undefined) {
        event.stanza = withoutStanzaIds(stanza, account)
      }
    })
    // The archive gives its own id, which is the same one, before.
    on(
      accountReceives,
      'store',
      (event) => {
        if (event.stanza.kind === 'message') event.stanza = decorate(event.stanza, event.account)
      },
      { after: ['mod_mam'] },
    )
  },
})
