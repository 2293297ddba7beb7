import type { Accounts } from '../../auth/accounts.ts'
import type { Jid } from '../../jid/jid.ts'
import { CommandError } from '../../module/command-error.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Counter } from '../../observe/metrics.ts'
import type { Host } from '../../router/host.ts'
import type { Timer } from '../../util/clock.ts'
import { letRun } from '../../util/settled.ts'
import type { Broadcast, BroadcastApi, BroadcastPlan } from './api.ts'
import { checkRest, requireRate } from './checks.ts'
import { messageFor } from './message.ts'
import type { BroadcastStore, Lease, Position } from './store.ts'
import { BroadcastWorker } from './worker.ts'

export interface ManagerCounters {
  readonly started: Counter
  readonly finished: Counter
  readonly abortedAdmin: Counter
  readonly abortedError: Counter
  readonly processed: Counter
  readonly success: Counter
  readonly skipped: Counter
}

export interface ManagerParts {
  readonly host: Host
  readonly store: BroadcastStore
  /** Those of whom it is known when they were made. */
  readonly accounts: Accounts
  readonly log: Logger
  readonly counters: ManagerCounters
  readonly node: string
  /** Milliseconds. */
  readonly leaseTime: number
}

/** Milliseconds between two looks whether a domain is served yet. */
const patience = 50

/** Runs the broadcasts of a host's domains, one a domain, and holds their leases. */
export class BroadcastManager implements BroadcastApi {
  readonly #parts: ManagerParts
  readonly #workers = new Map<number, BroadcastWorker>()
  #isStopped = false
  #isInEmergency = false
  #timer: Timer = { cancel() {} }
  #isResuming = false
  #isWantedAgain = false

  constructor(parts: ManagerParts) {
    this.#parts = parts
  }

  /** Jobs that run here. */
  get live(): number {
    return this.#workers.size
  }

  list(domain: string, limit: number, offset: number): Promise<Broadcast[]> {
    return this.#parts.store.list(domain, limit, offset)
  }

  get(domain: string, id: number): Promise<Broadcast | undefined> {
    return this.#parts.store.get(domain, id)
  }

  remove(domain: string, ids?: readonly number[]): Promise<number[]> {
    return this.#parts.store.remove(domain, ids)
  }

  async start(plan: BroadcastPlan): Promise<number> {
    const { host, store, accounts, counters } = this.#parts
    requireRate(plan)
    if (plan.sender.domain !== plan.domain || !(await host.accounts.exists(plan.sender))) {
      throw new CommandError('sender_not_found', 'Sender account does not exist', { jid: plan.sender.bareString })
    }
    const recipients = await accounts.count(plan.domain)
    if (recipients === 0) throw new CommandError('no_recipients', 'Recipient group is empty')
    checkRest(plan)
    if (this.#isInEmergency || !store.canAccept()) {
      throw new CommandError('temporarily_unavailable', 'Broadcast manager is temporarily unavailable')
    }
    const job = await store.add(plan, recipients, host.clock.now(), this.#lease())
    if (job === undefined) {
      const message = 'Cannot start new broadcast job: running job limit exceeded'
      throw new CommandError('running_job_limit_exceeded', message, { domain: plan.domain })
    }
    counters.started.inc()
    this.#run(job, { cursor: '', processed: 0 })
    return job.id
  }

  async abort(domain: string, id: number): Promise<void> {
    const { host, store, counters } = this.#parts
    const job = await store.get(domain, id)
    if (job === undefined) throw new CommandError('broadcast_not_found', 'Broadcast job not found', { id })
    this.#workers.get(id)?.halt()
    if (!(await store.end(id, 'abort_admin', host.clock.now()))) {
      throw new CommandError('not_running', 'The broadcast job is not currently running', { id })
    }
    counters.abortedAdmin.inc()
  }

  /** Goes on with what ran when the server stopped. Domains that come while it looks are looked after together. */
  resume(): void {
    const { log } = this.#parts
    this.#isWantedAgain = this.#isResuming
    if (this.#isResuming) return
    this.#isResuming = true
    const resume = async () => {
      try {
        await this.#takeOver()
      } finally {
        this.#isResuming = false
        if (this.#isWantedAgain) this.resume()
      }
    }
    letRun(resume, (error) => log.error({ what: 'broadcast_resume_failed', reason: error }))
  }

  /** Holds the jobs for longer and takes over those that nobody holds any more. To be called every 2/3 of the lease time. */
  async renew(): Promise<void> {
    const { store, host, log, leaseTime } = this.#parts
    if (this.#isStopped) return
    try {
      if (!store.canAccept()) throw new Error('the database cannot be written')
      for (const [id, worker] of this.#workers) if (!(await store.renew(id, this.#lease()))) worker.halt()
      await this.#takeOver()
      if (this.#isInEmergency) log.info({ what: 'broadcast_emergency_over' })
      this.#isInEmergency = false
      for (const worker of this.#workers.values()) worker.resume()
    } catch (error) {
      if (!this.#isInEmergency) log.error({ what: 'broadcast_emergency', reason: error })
      this.#isInEmergency = true
      for (const worker of this.#workers.values()) worker.pause()
      this.#timer.cancel()
      this.#timer = host.clock.after(Math.min(30_000, leaseTime / 10), () => void this.renew())
    }
  }

  /** A domain is served no longer: its job waits for it to come back. */
  withdraw(domain: string): void {
    for (const worker of this.#workers.values()) if (worker.domain === domain) worker.halt()
  }

  /** A domain is removed: its jobs end and are forgotten. */
  async forgetDomain(domain: string): Promise<void> {
    this.withdraw(domain)
    await this.#parts.store.forgetDomain(domain)
  }

  /** Halts everything, without a change to what is on disk. */
  stop(): void {
    this.#isStopped = true
    this.#timer.cancel()
    for (const worker of this.#workers.values()) worker.halt()
  }

  async #takeOver(): Promise<void> {
    const { host, store, node } = this.#parts
    for (const domain of await store.claimable(node, host.clock.now())) {
      if (!host.domains.has(domain)) continue
      const found = await store.claim(domain, host.clock.now(), this.#lease())
      if (found === undefined || this.#workers.has(found.job.id) || this.#isStopped) continue
      // At the start of the server the domain is not served before all its modules run.
      if (host.router.hostOf(domain) === undefined) {
        this.#timer.cancel()
        this.#timer = host.clock.after(patience, () => this.resume())
      } else this.#run(found.job, found.at)
    }
  }

  #lease(): Lease {
    const { host, node, leaseTime } = this.#parts
    return { owner: node, expires: host.clock.now() + leaseTime }
  }

  #run(job: Broadcast, from: Position): void {
    const { host, store, accounts, node, log } = this.#parts
    const worker = new BroadcastWorker(job, {
      clock: host.clock,
      recipients: (after, limit) => accounts.list(job.domain, { after, limit, madeBy: job.createdAt }),
      move: (at) => store.move(job.id, node, at),
      send: (to) => this.#send(job, to),
    })
    this.#workers.set(job.id, worker)
    letRun(
      () => this.#watch(job, worker, from),
      (error) => log.error({ what: 'broadcast_failed', id: job.id, reason: error }),
    )
  }

  async #watch(job: Broadcast, worker: BroadcastWorker, from: Position): Promise<void> {
    const { host, store, counters, log } = this.#parts
    try {
      if ((await worker.run(from)) === 'halted') return
      if (await store.end(job.id, 'finished', host.clock.now())) counters.finished.inc()
    } catch (error) {
      if (this.#isStopped) return
      log.error({ what: 'broadcast_aborted', id: job.id, reason: error })
      counters.abortedError.inc()
      await store.end(job.id, 'abort_error', host.clock.now(), error instanceof Error ? error.message : String(error))
    } finally {
      this.#workers.delete(job.id)
    }
  }

  async #send(job: Broadcast, to: Jid): Promise<void> {
    const { host, counters, log } = this.#parts
    counters.processed.inc()
    try {
      // An account that has gone meanwhile is passed over; the sender would only get an error.
      if (!(await host.accounts.exists(to))) throw new Error('the account has gone')
      await host.router.route(messageFor(job, to))
      counters.success.inc()
    } catch (error) {
      counters.skipped.inc()
      log.info({ what: 'broadcast_recipient_skipped', id: job.id, jid: to.full, reason: error })
    }
  }
}
