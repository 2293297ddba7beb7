import { z } from 'zod'
import { defineModule } from '../../module/define.ts'
import { accountReceivesPresence, sessionEnds, sessionResumes, userSendsPresence } from '../../router/events.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { rosterApi, rosterChanged } from '../roster/api.ts'
import { presenceApi } from './api.ts'
import { PresenceDesk } from './presence-desk.ts'

/** Types that a client may send to somebody; subscriptions are the roster's. */
const addressed = new Set([
  '',
  'available',
  'unavailable',
  'subscribe',
  'subscribed',
  'unsubscribe',
  'unsubscribed',
  'probe',
  'error',
])

export default defineModule({
  name: 'mod_presence',
  about: 'Tells contacts who is online: broadcasts, probes and directed presence.',
  xeps: [],
  inCluster: true,
  options: z.strictObject({
    max_directed: z
      .int()
      .positive()
      .default(5000)
      .describe('Most addresses outside of the roster that one session may send its presence to, chat rooms included.'),
  }),
  needs: ['mod_roster'],
  setup({ host, on, use, provide, options, limitReached }) {
    const desk = new PresenceDesk(host, use(rosterApi), options.max_directed, limitReached)
    provide(presenceApi, desk)

    on(userSendsPresence, 'own', ({ session, stanza }) => {
      if (!addressed.has(stanza.type)) throw new StanzaError('bad-request', { text: 'Invalid presence type' })
      const isOwn = stanza.to === undefined || stanza.to.full === session.jid.bareString
      if (!isOwn) return undefined
      if (stanza.type === '' || stanza.type === 'available') return desk.available(session, stanza)
      return stanza.type === 'unavailable' ? desk.unavailable(session, stanza) : 'handled'
    })
    on(userSendsPresence, 'directed', ({ session, stanza }) => desk.noteDirected(session, stanza))

    on(accountReceivesPresence, 'probe', ({ account, stanza }) =>
      stanza.type === 'probe' ? desk.answerProbe(account, stanza) : undefined,
    )
    on(rosterChanged, 'presence', (change) => desk.subscriptionChanged(change))
    on(sessionResumes, 'main', ({ session, isRestored }) => (isRestored ? desk.restored(session) : undefined))
    on(sessionEnds, 'presence', ({ session, reason }) => desk.ended(session, reason.status))
  },
})
