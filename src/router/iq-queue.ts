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

/** Runs the IQ handlers of one module on one host type by its policy. Answers to one sender keep their order but under `parallel`. */
export class IqQueue {
  readonly policy: IqPolicy
  readonly #mailbox = new KeyedMailbox('lane')
  readonly #gate = new Gate(maxParallel)

  constructor(policy: IqPolicy) {
    this.policy = policy
  }

  /** Whether the sender's next stanza waits until the handler is done. */
  get holdsSender(): boolean {
    return this.policy.type === 'no_queue'
  }

  /** Senders, lanes or requests with work under way. */
  get busy(): number {
    return this.#mailbox.size + this.#gate.inside
  }

  /** `sender`: the bare address of who asks. */
  run<T>(sender: string, job: () => Eventually<T>): Eventually<T> {
    switch (this.policy.type) {
      case 'no_queue':
        return job()
      case 'one_queue':
        // State belongs to accounts, so one queue for each of them keeps every order a client can see.
        return this.#mailbox.run(sender, job)
      case 'queues':
        return this.#mailbox.run(String(hash(sender) % (this.policy.workers ?? 1)), job)
      case 'parallel':
        return this.#gate.run(job)
    }
  }
}

function hash(text: string): number {
  let value = 0
  for (let i = 0; i < text.length; i++) value = (Math.imul(value, 31) + text.charCodeAt(i)) >>> 0
  return value
}
