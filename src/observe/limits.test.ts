import { expect, it } from 'vitest'
import { limitReports } from './limits.ts'
import { MemoryLog } from './memory-log.ts'
import { createMetrics } from './metrics.ts'

it('a limit that is met is logged and counted', async () => {
  const [metrics, log] = [createMetrics(), new MemoryLog()]
  const report = limitReports(metrics, log, 'localhost')
  report('roster', { jid: 'alice@localhost' })
  report('roster', { jid: 'bob@localhost' })
  report('offline', { jid: 'bob@localhost' })
  expect(await metrics.text()).toContain('limit_reached_count{host_type="localhost",limit="roster"} 2')
  expect(log.records.map((record) => [record.what, record['jid']])).toEqual([
    ['roster_limit_reached', 'alice@localhost'],
    ['roster_limit_reached', 'bob@localhost'],
    ['offline_limit_reached', 'bob@localhost'],
  ])
})
