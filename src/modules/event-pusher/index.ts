import type { Jid } from '../../jid/jid.ts'
import { defineModule, tables } from '../../module/define.ts'
import { afterwards, letRun } from '../../util/settled.ts'
import { inboxApi } from '../inbox/api.ts'
import { type Raised, serverEvent } from './api.ts'
import type { Backend } from './backend.ts'
import { openHttp } from './http.ts'
import { options } from './options.ts'
import { openPush } from './push/backend.ts'
import { migrations, type PushTables } from './push/store.ts'
import { openRabbit } from './rabbit.ts'
import { openSns } from './sns.ts'
import { joinSources } from './sources.ts'

export default defineModule({
  name: 'mod_event_pusher',
  about: 'Tells services outside of the server what happens in it, and notifies the devices of users who are away.',
  xeps: [{ xep: 357, version: '0.4.1' }],
  options,
  needs: ['mod_presence'],
  tables: tables<PushTables>(),
  migrations,
  async setup(context) {
    const { host, options, log } = context
    const unread = (account: Jid, peer: Jid) => context.find(inboxApi)?.unread(account, peer)
    const backends: Backend[] = []
    if (options.http !== undefined) backends.push(await openHttp(options.http, context))
    if (options.rabbit !== undefined) backends.push(await openRabbit(options.rabbit, context))
    if (options.sns !== undefined) backends.push(await openSns(options.sns, context))
    const push = options.push === undefined ? undefined : openPush(options.push, context, unread)
    if (push !== undefined) backends.push(push)
    if (backends.length === 0) throw new Error('mod_event_pusher has no backend: one of http, rabbit, sns, push')

    const tell = (raised: Raised): void => {
      for (const backend of backends) backend.take(raised)
    }
    joinSources(context, {
      mark: push?.mark,
      raise: (event) => {
        const raised = { host, event, metadata: {} }
        letRun(
          () =>
            afterwards(host.hooks.run(serverEvent, raised), (answer) => (answer === 'stop' ? undefined : tell(raised))),
          (error) => log.error({ what: 'event_failed', reason: error }),
        )
      },
    })
  },
})
