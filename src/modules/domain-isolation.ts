import { z } from 'zod'
import { defineModule } from '../module/define.ts'
import { domainReceives } from '../router/events.ts'
import { StanzaError } from '../stanza/stanza-error.ts'
import { stanzaKey } from '../stanza/stanza-key.ts'

/** Marks the error that tells of the isolation, which has to cross it. */
const crosses = stanzaKey<true>('domain_isolation.crosses')

const filtered = new StanzaError('service-unavailable', { text: 'Filtered by the domain isolation' })

export default defineModule({
  name: 'mod_domain_isolation',
  about: 'Keeps the users of each domain to themselves: nothing from another domain reaches them.',
  xeps: [],
  options: z.strictObject({}),
  setup({ host, on, router, log, metrics }) {
    const text = 'Stanzas that a module kept from their way'
    const counter = metrics.counter('router_stanza_dropped_count', text, ['host_type'])
    const dropped = counter.with({ host_type: host.type })
    for (const [module, options] of Object.entries(host.config.modules)) {
      const address = (options as { readonly host?: unknown } | undefined)?.host
      // Such a service is a domain of its own, so that nobody can reach it.
      if (typeof address === 'string' && !address.includes('@HOST@')) {
        log.warn({ what: 'service_isolated', service: module, domain: address })
      }
    }

    on(domainReceives, 'filter', ({ stanza }) => {
      const { from, to } = stanza
      if (from === undefined || to === undefined || from.domain === to.domain) return undefined
      if (stanza.get(crosses) === true || router.ownerOf(from.domain) === router.ownerOf(to.domain)) return undefined
      dropped.inc()
      const reply = stanza.errorReply(filtered)
      if (reply !== undefined) router.post(reply.with(crosses, true))
      return 'handled'
    })
  },
})
