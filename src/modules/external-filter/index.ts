import { z } from 'zod'
import { httpPoolTag } from '../../config/option.ts'
import { defineModule } from '../../module/define.ts'
import { userSends } from '../../router/events.ts'
import { sentByAdmin } from '../../router/notes.ts'
import { momentIds } from '../../util/moment-ids.ts'
import { stableId } from '../stanzaid/api.ts'
import { questionAbout, trouble, type Verdict, verdictOf } from './question.ts'

export default defineModule({
  name: 'mod_external_filter',
  about: 'Asks another service, over GraphQL, whether a message may go.',
  xeps: [],
  options: z.strictObject({
    pool_tag: httpPoolTag()
      .describe('The pool of connections to the service: `outgoing_pools.http` with this tag.')
      .meta({ reload: 'restart', example: 'filter' }),
  }),
  async setup({ on, options, pools, clock, log, metrics }) {
    const service = await pools.http(options.pool_tag)
    const ids = momentIds(clock)
    const verdicts = metrics.counter('mod_external_filter_verdict_count', 'Messages that were asked about', ['verdict'])

    on(userSends, 'filter', ({ stanza }) => {
      if (stanza.kind !== 'message' || !stanza.has('body') || stanza.get(sentByAdmin) === true) return undefined
      const call = questionAbout(stanza, String(stanza.get(stableId) ?? ids.next()))
      return service.call(call).then(verdictOf, failed).then(outcome)
    })

    /** A service that cannot be asked stops nobody. */
    function outcome(verdict: Verdict): 'handled' | undefined {
      verdicts.with({ verdict: verdict.is }).inc()
      if (verdict.is === 'trouble') log[verdict.level]({ what: 'external_filter_failed', reason: verdict.reason })
      return verdict.is === 'block' ? 'handled' : undefined
    }
  },
})

function failed(error: unknown): Verdict {
  return trouble(error instanceof Error ? error.message : String(error))
}
