import { describe, expect, it } from 'vitest'
import type { ApiAnswer } from '../../../net/http-api.ts'
import type { OperationContext } from '../operation.ts'
import { metricOperations } from './metrics.ts'

const metrics = [
  { name: ['a.example', 'sm', 'logins'], type: 'spiral', one: 1, count: 10 },
  { name: ['b.example', 'sm', 'logins'], type: 'spiral', one: 2, count: 20 },
  { name: ['a.example', 'sm', 'open'], type: 'gauge', value: 3 },
  { name: ['b.example', 'sm', 'open'], type: 'gauge', value: 4 },
  { name: ['a.example', 'auth', 'time'], type: 'histogram', n: 1, mean: 10, p99: 10 },
  { name: ['b.example', 'auth', 'time'], type: 'histogram', n: 3, mean: 30, p99: 31 },
  { name: ['a.example', 'idle', 'time'], type: 'histogram', n: 0, mean: 0 },
  { name: ['b.example', 'idle', 'time'], type: 'histogram', n: 0, mean: 0 },
  { name: ['global', 'up', 'seconds'], type: 'gauge', value: 60 },
]

const context: OperationContext = {
  generation: '6',
  run: async <T>(command: string) =>
    (command === 'metric.getMetrics' ? metrics : [{ name: 'a.example' }, { name: 'b.example' }]) as T,
  isRefused: async () => false,
  mayBeGone: async () => {},
  location: () => '',
}

async function asked(name: string, given: Readonly<Record<string, unknown>>): Promise<unknown> {
  const found = metricOperations('6').find((each) => each.name === name)
  const answer = (await found?.run(given, context)) as ApiAnswer
  return answer.json
}

describe('metrics of several host types', () => {
  it('are added, and of distributions there is what can be told without their values', async () => {
    expect(await asked('all_metrics', {})).toEqual({
      metrics: {
        'auth.time': { n: 4, mean: 25 },
        'idle.time': { n: 0, mean: 0 },
        'sm.logins': { one: 3, count: 30 },
        'sm.open': { value: 7 },
      },
    })
  })

  it('are whole where they are of one', async () => {
    const given = { host_type: 'b.example', metric: 'auth.time' }
    expect(await asked('host_type_metrics', given)).toEqual({ metric: { n: 3, mean: 30, p99: 31 } })
    expect(await asked('global_metrics', { metric: 'up.seconds' })).toEqual({ metric: { value: 60 } })
  })
})
