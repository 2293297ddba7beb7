import { describe, expect, it } from 'vitest'
import type { Accounts } from '../../auth/accounts.ts'
import { Jid } from '../../jid/jid.ts'
import { MemoryLog } from '../../observe/memory-log.ts'
import { createMetrics } from '../../observe/metrics.ts'
import type { Host } from '../../router/host.ts'
import { FakeClock } from '../../util/clock.ts'
import type { Broadcast, BroadcastPlan } from './api.ts'
import { BroadcastManager, type ManagerCounters } from './manager.ts'
import type { BroadcastStore, Lease, Position } from './store.ts'

const sender = Jid.parse('mayor@localhost')
const plan: BroadcastPlan = { name: 'n', domain: 'localhost', sender, subject: '', body: 'Hi', rate: 1 }

/** A store with one job, of which somebody may take hold. */
class OneJob {
  job: Broadcast | undefined
  owner = ''
  isWritable = true

  canAccept = () => this.isWritable
  async add(wanted: BroadcastPlan, recipients: number, now: number, { owner }: Lease) {
    const times = { createdAt: now, startedAt: now, stoppedAt: undefined }
    this.owner = owner
    this.job = { ...wanted, ...times, id: 1, state: 'running', reason: undefined, owner, recipients, processed: 0 }
    return this.job
  }
  get = async () => this.job
  looks = 0

  async claimable() {
    this.looks++
    return this.job?.state === 'running' ? [this.job.domain] : []
  }
  async claim(_domain: string, _now: number, { owner }: Lease) {
    const at: Position = { cursor: '', processed: 0 }
    return this.job?.state === 'running' && this.owner === owner ? { job: this.job, at } : undefined
  }
  renew = async (_id: number, { owner }: Lease) => this.owner === owner
  move = async (_id: number, owner: string) => this.owner === owner
  async end(_id: number, state: Broadcast['state']) {
    if (this.job?.state !== 'running') return false
    this.job = { ...this.job, state }
    return true
  }
}

function play(isServed = () => true) {
  const clock = new FakeClock()
  const store = new OneJob()
  const log = new MemoryLog()
  const sent: string[] = []
  const names = Array.from({ length: 30 }, (_, i) => `user${String(i).padStart(2, '0')}`)
  const accounts = {
    exists: async () => true,
    count: async () => names.length,
    list: async (_domain: string, { after = '', limit = 0 }) => names.filter((name) => name > after).slice(0, limit),
  } as unknown as Accounts
  const router = {
    hostOf: () => (isServed() ? {} : undefined),
    route: ({ to }: { to: Jid }) => void sent.push(to.local),
  }
  const host = { clock, accounts, router, domains: new Set(['localhost']) } as unknown as Host
  const counter = createMetrics().counter('x', 'x')
  const counters = new Proxy({}, { get: () => counter }) as ManagerCounters
  const make = (node: string) =>
    new BroadcastManager({
      host,
      store: store as unknown as BroadcastStore,
      accounts,
      log,
      counters,
      node,
      leaseTime: 10_000,
    })
  const advance = async (ms: number) => {
    for (let passed = 0; passed <= ms; passed += 100) {
      for (let i = 0; i < 30; i++) await Promise.resolve()
      if (passed < ms) clock.advance(100)
    }
  }
  return { store, log, sent, make, advance }
}

describe('the leases of broadcasts', () => {
  it('pauses while nothing can be written, refuses new ones, and goes on by itself', async () => {
    const { store, log, sent, make, advance } = play()
    const manager = make('one')
    await manager.start(plan)
    await advance(1000)
    expect(sent).toHaveLength(2)
    store.isWritable = false
    await manager.renew()
    await advance(5000)
    expect(sent).toHaveLength(2)
    expect(log.named('broadcast_emergency')).toHaveLength(1)
    await expect(manager.start(plan)).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    store.isWritable = true
    await advance(1000)
    expect(log.named('broadcast_emergency_over')).toHaveLength(1)
    expect(sent.length).toBeGreaterThan(2)
    manager.stop()
    await advance(0)
    expect(manager.live).toBe(0)
    expect(store.job?.state).toBe('running')
  })

  it('stops for good when somebody else has taken the job', async () => {
    const { store, sent, make, advance } = play()
    const manager = make('one')
    await manager.start(plan)
    await advance(1000)
    store.owner = 'two'
    await manager.renew()
    await advance(3000)
    expect(sent).toHaveLength(2)
    expect(manager.live).toBe(0)
    expect(store.job?.state).toBe('running')
  })

  it('goes on at the start with what is its own, once the domain is served', async () => {
    let isServed = true
    const { sent, make, advance } = play(() => isServed)
    const before = make('one')
    await before.start(plan)
    before.stop()
    await advance(100)
    sent.splice(0)
    isServed = false
    const [after, other] = [make('one'), make('two')]
    after.resume()
    other.resume()
    await advance(300)
    expect(sent).toEqual([])
    isServed = true
    await advance(300)
    expect(sent).toEqual(['user00'])
    expect([after.live, other.live]).toEqual([1, 0])
    after.stop()
  })

  it('looks once for all domains that come while it looks', async () => {
    const { store, sent, make, advance } = play()
    const before = make('one')
    await before.start(plan)
    before.stop()
    await advance(100)
    sent.splice(0)
    const after = make('one')
    for (let domain = 0; domain < 500; domain++) after.resume()
    await advance(300)
    expect(store.looks).toBe(2)
    expect(sent).toEqual(['user00'])
    after.stop()
  })
})
