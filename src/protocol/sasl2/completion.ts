import { StreamError } from '../../stanza/stream-error.ts'
import type { SaslInput } from '../sasl/profile.ts'
import type { SaslTask, TaskStep } from './login.ts'

/** What comes next between proof and success. */
export type CompletionStep =
  /** Tell the client to begin this task; `data` is what the mechanism has to say, once. */
  | { readonly is: 'continue'; readonly task: string; readonly data: Buffer | undefined }
  | { readonly is: 'take'; readonly take: () => Promise<TaskStep> }
  /** Nothing is left to do; `data` unless a task has carried it. */
  | { readonly is: 'complete'; readonly data: Buffer | undefined }

/** The tasks of one login, one after another (XEP-0388 §2.6.3). */
export class Completion {
  readonly #tasks: SaslTask[]
  #data: Buffer | undefined
  #stage: 'offered' | 'going-on' = 'offered'

  constructor(tasks: readonly SaslTask[], data: Buffer | undefined) {
    this.#tasks = [...tasks]
    this.#data = data
  }

  /** Begins the next task, if there is one. */
  next(): CompletionStep {
    const data = this.#data
    const task = this.#tasks[0]
    if (task === undefined) return { is: 'complete', data }
    this.#data = undefined
    this.#stage = 'offered'
    return { is: 'continue', task: task.name, data }
  }

  /** Takes what the client says about the task; undefined when that is out of place. */
  receive(input: SaslInput): CompletionStep | undefined {
    const task = this.#tasks[0]
    if (task === undefined) throw new StreamError('internal-server-error')
    const isBeginning = this.#stage === 'offered'
    if (isBeginning ? input.says !== 'next' || input.task !== task.name : input.says !== 'task-data') return undefined
    this.#stage = 'going-on'
    const { content } = input as SaslInput & { says: 'task-data' }
    return { is: 'take', take: () => task.take(content) }
  }

  /** The present task is done. */
  done(): CompletionStep {
    this.#tasks.shift()
    return this.next()
  }
}
