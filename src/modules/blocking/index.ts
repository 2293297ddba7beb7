import { z } from 'zod'
import { dataBackend } from '../../config/option.ts'
import { defineModule } from '../../module/define.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { el } from '../../xml/element.ts'
import { blocksChanged, privacyApi } from '../privacy/api.ts'
import { blockReported } from './api.ts'
import { blockingNs, itemElement, readItems } from './format.ts'
import { tellOfBlocks } from './push.ts'

export default defineModule({
  name: 'mod_blocking',
  about: 'Lets users block others, who then neither reach them nor see them.',
  xeps: [{ xep: 191, version: '1.3' }],
  inCluster: true,
  options: z.strictObject({ backend: dataBackend('mnesia', 'rdbms', 'riak') }),
  needs: ['mod_privacy'],
  features: [blockingNs],
  setup({ host, iq, on, use, metrics }) {
    const privacy = use(privacyApi)
    const gets = metrics.counter('mod_blocking_get_count', 'Block lists asked for')
    const sets = metrics.counter('mod_blocking_set_count', 'Requests to block or unblock')
    const pushes = metrics.counter('mod_blocking_push_item_count', 'Clients told of a changed block list')

    iq.account('get', blockingNs, 'blocklist', async ({ from }) => {
      gets.inc()
      return el('blocklist', blockingNs, (await privacy.blockedBy(from.bare)).map(itemElement))
    })
    iq.account('set', blockingNs, 'block', async ({ from, payload }) => {
      sets.inc()
      const { items, isEmpty } = readItems(payload)
      if (isEmpty) throw new StanzaError('bad-request')
      await privacy.block(
        from.bare,
        items.map(({ jid }) => jid),
      )
      // The block stands, whatever becomes of the reports (XEP-0377 §5).
      for (const { jid, element } of items) {
        await host.hooks.run(blockReported, { host, account: from.bare, blocked: jid, item: element })
      }
    })
    iq.account('set', blockingNs, 'unblock', async ({ from, payload }) => {
      sets.inc()
      const { items, isEmpty } = readItems(payload)
      await privacy.unblock(from.bare, isEmpty ? 'everybody' : items.map(({ jid }) => jid))
    })

    on(blocksChanged, 'main', (change) => {
      pushes.inc(tellOfBlocks(change))
    })
  },
})
