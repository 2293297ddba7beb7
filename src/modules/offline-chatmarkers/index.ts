import { z } from 'zod'
import { defineModule, tables } from '../../module/define.ts'
import { measured } from '../../observe/measured.ts'
import {
  domainRemoved,
  type Offline,
  offline,
  personalData,
  sessionAvailable,
  userRemoved,
} from '../../router/events.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import { markersRecordedAt, smartMarkersApi } from '../smart-markers/api.ts'
import { MissedMarkers } from './missed-markers.ts'
import { MissedStore, type MissedTables, migrations } from './store.ts'

export default defineModule({
  name: 'mod_offline_chatmarkers',
  about: 'Keeps only the last chat markers for users who are not reachable.',
  xeps: [
    { xep: 160, version: '1.0.1' },
    { xep: 333, version: '0.4' },
  ],
  options: z.strictObject({
    store_groupchat_messages: z
      .boolean()
      .default(false)
      .describe('Keep the markers of groupchat messages too (of use with MUC Light).')
      .meta({ reload: 'live' }),
  }),
  needs: ['mod_smart_markers'],
  tables: tables<MissedTables>(),
  migrations,
  setup({ db, on, options, sessions, use, metrics }) {
    const store = measured(metrics, 'mod_offline_chatmarkers_backend', new MissedStore(db))
    const missed = new MissedMarkers(store, use(smartMarkersApi))

    function keep({ account, stanza }: Offline): Eventually<'stored' | undefined> {
      if (stanza.get(markersRecordedAt) === undefined) return undefined
      if (stanza.type === 'groupchat' && !options.store_groupchat_messages) return undefined
      mustAccept(db)
      const present = () => sessions.of(account).filter((session) => session.takesMessages)
      return afterwards(missed.note({ account, stanza, present }), (outcome) => {
        // What says something besides is kept as it is, by who keeps messages.
        const isDone = outcome === 'delivered' || (outcome === 'noted' && !stanza.has('body'))
        return isDone ? ('stored' as const) : undefined
      })
    }
    on(offline, 'markers', keep)

    on(
      sessionAvailable,
      'deliver',
      ({ session, open }) => {
        // Messages have been delivered; what comes from now on is newer than any marker that was missed.
        open()
        return missed.deliverTo(session)
      },
      { after: ['mod_offline'] },
    )
    on(userRemoved, 'forget', ({ user }) => missed.forget(user))
    on(domainRemoved, 'forget', ({ domain }) => missed.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }) => {
      const rows = await store.list(user)
      if (rows.length === 0) return undefined
      const shown = rows.map(({ thread, room, since }) => ({ thread, room, timestamp: formatTimestamp(since) }))
      return { name: 'offline_chatmarkers', rows: shown }
    })
  },
})
