import { z } from 'zod'
import { defineModule } from '../../module/define.ts'
import { accountReceives, filterReroute, userSends } from '../../router/events.ts'
import type { IqHandler } from '../../router/iq-registry.ts'
import { isCarbon } from '../../router/notes.ts'
import { bind2Enables, bind2Features } from '../../router/sign-in-events.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { presenceWithdrawn } from '../presence/api.ts'
import { carbonsOf, copyReceived, copySent } from './copier.ts'
import { carbons } from './eligible.ts'

export default defineModule({
  name: 'mod_carboncopy',
  about: "Copies a user's messages to the user's other resources.",
  xeps: [{ xep: 280, version: '1.0.1' }],
  inCluster: true,
  options: z.strictObject({}),
  needs: ['mod_presence'],
  features: [carbons[2], carbons[1], 'urn:xmpp:carbons:rules:0'],
  otherIqs: 'bad-request',
  iqPolicy: 'no_queue',
  setup({ iq, on, sessions }) {
    const setter =
      (version: 1 | 2 | undefined): IqHandler =>
      ({ payload }, session) => {
        if (payload.elements().length > 0) throw new StanzaError('bad-request')
        session?.set(carbonsOf, version)
      }
    for (const version of [1, 2] as const) {
      iq.account('set', carbons[version], 'enable', setter(version))
      iq.account('set', carbons[version], 'disable', setter(undefined))
    }

    on(userSends, 'copy', ({ session, stanza }) => copySent(session, stanza))
    on(accountReceives, 'copy', ({ account, targets, stanza }) => copyReceived(sessions.of(account), targets, stanza))
    // A copy is for one resource only.
    on(filterReroute, 'main', ({ stanza }) => (stanza.get(isCarbon) === true ? 'drop' : undefined))
    // A client that comes back has to ask again.
    on(presenceWithdrawn, 'main', ({ session }) => session.set(carbonsOf, undefined))

    on(bind2Features, 'main', () => carbons[2])
    on(bind2Enables, 'main', ({ session, request }) => {
      if (request.child('enable', carbons[2]) !== undefined) session.set(carbonsOf, 2)
    })
  },
})
