import { Gate } from '../util/gate.ts'
import { KeyedMailbox } from '../util/mailbox.ts'
import type { Eventually } from '../util/settled.ts'

/** `iqdisc` of a module: how many of its IQs are worked on at a time (the processing policies of the field). */
export interface IqPolicy {
  readonly type: 'no_queue' | 'one_queue' | 'queues' | 'parallel'
  /** For `queues`: how many. */
  readonly workers?: number | undefined
}

/** Most IQs of one module that are worked on side by side under `parallel`; further ones wait. */
const maxParallel = 1000

/** IQs of one sender that may wait; from then on its next stanza does, until some are done. */
const maxWaiting = 100

/** Runs the IQ handlers of one module on one host type by its policy. Answers to one sender keep their order but under `parallel`. */
export class IqQueue {
  readonly policy: IqPolicy
  // Made when needed: there is a queue for each module of each host, and most have nothing to do.
  #mailbox: KeyedMailbox | undefined
  #gate: Gate | undefined
  /** IQs under way, by sender. */
  #waiting: Map<string, number> | undefined

  constructor(policy: IqPolicy) {
    this.policy = policy
  }

  /** Whether the sender's next stanza waits until the handler is done. */
  holdsSender(sender: string): boolean {
    return this.policy.type === 'no_queue' || (this.#waiting?.get(sender) ?? 0) >= maxWaiting
  }

  /** Senders, lanes or requests with work under way. */
  get busy(): number {
    return (this.#mailbox?.size ?? 0) + (this.#gate?.inside ?? 0)
  }

  /** `sender`: the bare address of who asks. */
  run<T>(sender: string, job: () => Eventually<T>): Eventually<T> {
    const outcome = this.#run(sender, job)
    if (outcome instanceof Promise) this.#count(sender, outcome)
    return outcome
  }

  #count(sender: string, outcome: Promise<unknown>): void {
    this.#waiting ??= new Map()
    const waiting = this.#waiting
    waiting.set(sender, (waiting.get(sender) ?? 0) + 1)
    const done = () => {
      const left = (waiting.get(sender) ?? 1) - 1
      if (left === 0) waiting.delete(sender)
      else waiting.set(sender, left)
    }
    outcome.then(done, done)
  }

  #run<T>(sender: string, job: () => Eventually<T>): Eventually<T> {
    switch (this.policy.type) {
      case 'no_queue':
        return job()
      case 'one_queue':
        // State belongs to accounts, so one queue for each of them keeps every order a client can see.
        return this.#lanes.run(sender, job)
      case 'queues':
        return this.#lanes.run(String(hash(sender) % (this.policy.workers ?? 1)), job)
      case 'parallel':
        this.#gate ??= new Gate(maxParallel)
        return this.#gate.run(job)
    }
  }

  get #lanes(): KeyedMailbox {
    this.#mailbox ??= new KeyedMailbox('lane')
    return this.#mailbox
  }
}

function hash(text: string): number {
  let value = 0
  for (let i = 0; i < text.length; i++) value = (Math.imul(value, 31) + text.charCodeAt(i)) >>> 0
  return value
}
