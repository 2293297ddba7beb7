import { z } from 'zod'
import { noEffect, oneOf } from '../../config/option.ts'
import { Jid } from '../../jid/jid.ts'
import { defineModule, tables } from '../../module/define.ts'
import { measured } from '../../observe/measured.ts'
import {
  accountReceives,
  domainRemoved,
  personalData,
  roomAccess,
  userRemoved,
  userSends,
} from '../../router/events.ts'
import { hasMarker } from '../../stanza/chat-markers.ts'
import { formatTimestamp, parseTimestamp } from '../../stanza/delay.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import { type Element, el } from '../../xml/element.ts'
import { type MarkerQuery, type StoredMarker, smartMarkersApi } from './api.ts'
import { MarkerRecorder } from './recorder.ts'
import { type MarkerSource, MarkerStore, type MarkerTables, migrations } from './store.ts'

const NS = 'esl:xmpp:smart-markers:0'

export default defineModule({
  name: 'mod_smart_markers',
  about: 'Remembers the last chat markers of each user in each conversation.',
  xeps: [{ xep: 333, version: '0.4' }],
  options: z.strictObject({
    backend: oneOf('rdbms', 'rdbms_async')
      .default('rdbms')
      .describe(
        'With `rdbms_async` a message is acknowledged before its markers are on disk, and a crash may lose them.',
      ),
    keep_private: z
      .boolean()
      .default(false)
      .describe('Markers are delivered to nobody, and users can ask for their own only.'),
    async_writer: noEffect(
      z.strictObject({ pool_size: z.int().min(0).optional() }),
      'the database has one writer, which groups what comes together',
    ),
  }),
  tables: tables<MarkerTables>(),
  migrations,
  setup({ host, iq, on, db, options, clock, router, provide, log, metrics }) {
    const store = measured(metrics, 'mod_smart_markers_backend', new MarkerStore(db))
    const recorder = new MarkerRecorder(store, clock, (error) =>
      log.error({ what: 'markers_not_trimmed', reason: error }),
    )
    provide(smartMarkersApi, {
      list: (query) => store.list({ query }),
      forgetRoom: (room, member) => store.forgetPeer(room, member),
    })

    on(
      userSends,
      'store',
      (event) => {
        const { stanza } = event
        if (stanza.kind !== 'message' || stanza.type === 'error' || !hasMarker(stanza)) return undefined
        return afterwards(isRecorded(stanza), (isOurs) => {
          if (!isOurs) return undefined
          mustAccept(db)
          event.stanza = recorder.record(stanza, options.backend === 'rdbms_async')
          return undefined
        })
      },
      { after: ['mod_mam'] },
    )

    function isRecorded({ type, from, to }: Stanza): Eventually<boolean> {
      if (from === undefined || to === undefined || to.local === '') return false
      if (type !== 'groupchat') return router.hostOf(to.domain) !== undefined
      return afterwards(accessTo(to.bare, from.bare), (access) => access === 'member')
    }

    const accessTo = (room: Jid, user: Jid) => host.hooks.run(roomAccess, { host, room, user })

    if (options.keep_private) {
      on(accountReceives, 'rules', ({ stanza }) =>
        stanza.kind === 'message' && hasMarker(stanza) ? 'handled' : undefined,
      )
    }

    iq.account('get', NS, 'query', async ({ from, payload }) => {
      const query = queryOf(payload)
      const { to, thread } = query
      const access = await accessTo(to, from.bare)
      const markers = access === 'stranger' ? [] : await store.gather(sourcesOf(query, access, from.bare))
      return el('query', NS, { peer: to.full, ...(thread === '' ? {} : { thread }) }, markers.map(markerElement))
    })

    /** Which markers a user may see: in a room those of all members, else those of both sides. */
    function sourcesOf(query: MarkerQuery, access: 'member' | undefined, user: Jid): MarkerSource[] {
      if (options.keep_private) return [{ query, from: user }]
      if (access === 'member') return [{ query }]
      return [
        { query, from: user },
        { query: { ...query, to: user }, from: query.to },
      ]
    }

    on(userRemoved, 'forget', async ({ user }) => {
      // What others have sent to it would be shown to whoever takes the name.
      await Promise.all([store.forgetUser(user), store.forgetPeer(user)])
    })
    on(domainRemoved, 'forget', ({ domain }) => store.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }) => {
      const rows = await store.exported(user)
      return rows.length === 0 ? undefined : { name: 'smart_markers', rows }
    })
  },
})

function queryOf(payload: Element): MarkerQuery {
  const peer = Jid.tryParse(payload.attr('peer') ?? '')
  if (peer === undefined || peer.local === '') throw new StanzaError('bad-request', { text: 'invalid-peer' })
  const after = payload.attr('after')
  const since = after === undefined ? 0 : parseTimestamp(after)
  if (since === undefined) throw new StanzaError('bad-request', { text: 'invalid-timestamp' })
  return { to: peer.bare, thread: payload.attr('thread') ?? '', since }
}

function markerElement({ from, id, type, at, thread }: StoredMarker): Element {
  const where = thread === '' ? {} : { thread }
  return el('marker', NS, { from: from.full, id, type, timestamp: formatTimestamp(at), ...where })
}
