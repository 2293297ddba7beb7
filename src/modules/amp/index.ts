import { z } from 'zod'
import { defineModule } from '../../module/define.ts'
import {
  type DeliveryOutcome,
  deliveryOutcome,
  sessionReceives,
  streamFeatures,
  type UserSends,
  userSends,
} from '../../router/events.ts'
import { archiveId } from '../../router/notes.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { stanzaKey } from '../../stanza/stanza-key.ts'
import { afterwards } from '../../util/settled.ts'
import { el } from '../../xml/element.ts'
import { discoInfo } from '../disco/api.ts'
import { failure, notification, refusal } from './answers.ts'
import { amp, type DeliverValue, evaluate, type Rule, rulesOf } from './rules.ts'
import { strategyFor } from './strategy.ts'

const supported = ['action=drop', 'action=notify', 'action=error', 'condition=deliver', 'condition=match-resource']

/** Rules that wait for what becomes of the message; shared by all that is derived from it, as one answer is enough. */
interface OpenRules {
  rules: readonly Rule[]
}
const openRules = stanzaKey<OpenRules>('ampRules')

export default defineModule({
  name: 'mod_amp',
  about: 'Tells senders what becomes of a message, or stops it, by rules that they put into it.',
  xeps: [{ xep: 79, version: '1.2' }],
  options: z.strictObject({}),
  needs: ['mod_disco'],
  features: [amp],
  setup({ on, router }) {
    // The second is misspelt by servers that clients have been written for.
    for (const ns of ['http://jabber.org/features/amp', 'http://jabber.org/feature/amp']) {
      on(streamFeatures, 'main', ({ state }) => (state === 'signedIn' ? el('amp', ns) : undefined))
    }
    on(discoInfo, 'main', ({ at, node }) =>
      at === 'server' && node === amp ? { features: [amp, ...supported.map((what) => `${amp}?${what}`)] } : undefined,
    )

    on(userSends, 'rules', (event) => {
      const { stanza } = event
      if (stanza.kind !== 'message' || !stanza.has('amp', amp) || stanza.has('error')) return undefined
      const request = stanza.child('amp', amp)
      if (request?.attr('status') !== undefined || request?.child('rule') === undefined) return undefined
      const rules = rulesOf(request)
      if ('fault' in rules) {
        router.post(refusal(stanza, rules.fault, rules.rules))
        return 'handled'
      }
      const bare = stanza.without(({ name, ns }) => name === 'amp' && ns === amp)
      return afterwards(strategyFor(router, bare), (strategy) => begin(event, bare, evaluate(rules, strategy)))
    })

    /** Does what is decided before the message goes on. */
    function begin(
      event: UserSends,
      stanza: Stanza,
      { match, open }: ReturnType<typeof evaluate>,
    ): 'handled' | undefined {
      event.stanza = match === undefined && open.length > 0 ? stanza.with(openRules, { rules: open }) : stanza
      if (match === undefined) return undefined
      if (match.action === 'notify') router.post(notification(stanza, match))
      if (match.action === 'error') router.post(failure(stanza, match))
      return match.action === 'notify' ? undefined : 'handled'
    }

    /** What has become of a message is known. */
    function settle(stanza: Stanza, deliver: DeliverValue): void {
      const waiting = stanza.get(openRules)
      if (waiting === undefined || waiting.rules.length === 0) return
      const { match } = evaluate(waiting.rules, { deliver: [deliver], resource: undefined })
      waiting.rules = []
      if (match !== undefined) router.post(notification(stanza, match))
    }

    // After whatever holds a stanza back: it is about to be written, unless nobody is at the other end.
    on(sessionReceives, 'count', ({ session, stanza }) => (session.isDetached ? undefined : settle(stanza, 'direct')))
    on(deliveryOutcome, 'rules', ({ stanza, outcome }: DeliveryOutcome) => {
      if (outcome === 'delivered') return
      settle(stanza, outcome === 'stored' || stanza.get(archiveId) !== undefined ? 'stored' : 'none')
    })
  },
})
