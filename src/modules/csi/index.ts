import { z } from 'zod'
import { intOrInfinity } from '../../config/option.ts'
import { defineModule } from '../../module/define.ts'
import {
  filterReroute,
  sessionDetaches,
  sessionEnds,
  sessionReceives,
  streamFeatures,
  userSendsNonza,
} from '../../router/events.ts'
import { sessionKey } from '../../router/keys.ts'
import { isRerouted } from '../../router/notes.ts'
import type { Session } from '../../router/session.ts'
import { bind2Enables, bind2Features } from '../../router/sign-in-events.ts'
import { NS } from '../../stanza/namespaces.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { el } from '../../xml/element.ts'
import { serialise } from '../../xml/serialise.ts'
import { asWire } from '../../xml/wire.ts'
import { type HeldStanza, Holding, overdue } from './holding.ts'
import { inTurn, isReleasing, release } from './release.ts'

const csi = 'urn:xmpp:csi:0'

/** Whatever the number of stanzas, so much is held for one client. */
const maxHeldBytes = 262_144

/** What is held for a client that has said that it is inactive; undefined for one that is active. */
const holdingOf = sessionKey<Holding>('csi')

export default defineModule({
  name: 'mod_csi',
  about: 'Holds stanzas back from clients that nobody looks at.',
  xeps: [{ xep: 352, version: '1.0.0' }],
  inCluster: true,
  options: z.strictObject({
    buffer_max: intOrInfinity(0)
      .default(20)
      .describe('Most stanzas that are held for an inactive client; one more and all of them are sent.')
      .meta({ reload: 'live' }),
  }),
  setup({ host, on, options, clock, metrics, router }) {
    const activations = metrics.counter('mod_csi_active_count', 'Clients that said they are active')
    const deactivations = metrics.counter('mod_csi_inactive_count', 'Clients that said they are inactive')

    /** Keeps a stanza for an inactive client, and lets go of all when that is too much. */
    function hold(session: Session, stanza: Stanza): 'handled' | undefined {
      const holding = session.get(holdingOf)
      if (holding === undefined) return undefined
      const most = { stanzas: options.buffer_max, bytes: maxHeldBytes }
      const released = holding.take(stanza, clock.now(), most)
      if (released !== undefined) void release(session, released, clock)
      return 'handled'
    }

    function activate(session: Session): Promise<void> | undefined {
      const holding = session.get(holdingOf)
      session.set(holdingOf, undefined)
      return holding === undefined ? undefined : release(session, holding.empty(), clock)
    }

    function deactivate(session: Session): void {
      if (session.get(holdingOf) === undefined) session.set(holdingOf, new Holding())
    }

    on(streamFeatures, 'main', ({ state }) => (state === 'signedIn' ? el('csi', csi) : undefined))

    on(userSendsNonza, 'main', ({ session, element }) => {
      if (element.ns !== csi) return undefined
      if (element.name === 'active') {
        activations.inc()
        void activate(session)
      } else if (element.name === 'inactive') {
        deactivations.inc()
        deactivate(session)
      } else {
        const error = el(element.name, csi, { type: 'error' }, new StanzaError('bad-request').toElement())
        session.link.send(asWire(serialise(error, NS.client)))
      }
      return 'handled'
    })

    on(sessionReceives, 'hold', ({ session, stanza }) => {
      if (!isReleasing(session)) return hold(session, stanza)
      return inTurn(session, async () => {
        if (hold(session, stanza) === undefined) await session.release(stanza)
        return 'handled'
      })
    })

    // Stream management keeps them for the client from now on; whoever resumes is active.
    on(sessionDetaches, 'early', ({ session }) => activate(session))

    on(sessionEnds, 'main', ({ session, reason }) => {
      if (reason.kind === 'removed') return undefined
      // Stream management sends elsewhere what its client has not acknowledged, and this is the end of that.
      if (session.keeper !== undefined) return activate(session)
      return rerouteAll(session, session.get(holdingOf)?.empty() ?? [])
    })

    async function rerouteAll(session: Session, held: readonly HeldStanza[]): Promise<void> {
      for (const each of held) {
        const stanza = overdue(each, session.jid.domain, Number.POSITIVE_INFINITY)
        if (stanza.kind !== 'message' || stanza.type === 'error') continue
        if (host.hooks.runNow(filterReroute, { session, stanza }) === 'drop') continue
        // Who sent it has been told long ago that it arrived: what goes wrong now is told by the module that fails.
        await Promise.resolve(router.route(stanza.with(isRerouted, true))).catch(() => {})
      }
    }

    on(bind2Features, 'main', () => csi)
    on(bind2Enables, 'main', ({ session, request }) => {
      if (request.child('inactive', csi) !== undefined) deactivate(session)
    })
  },
})
