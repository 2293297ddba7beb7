import { type ChildProcess, spawn } from 'node:child_process'
import type { Clock, Timer } from '../util/clock.ts'
import { CallFailed } from './call-slots.ts'
import type { Report } from './connection.ts'

export interface FramedProgramOptions {
  readonly program: string
  /** How many of it run at a time. */
  readonly instances: number
  /** Milliseconds for the first answer of an instance, and for every other. */
  readonly startTimeout: number
  readonly callTimeout: number
  readonly clock: Clock
  readonly report: Report
}

interface Call {
  readonly packet: Buffer
  readonly resolve: (answer: Buffer) => void
  readonly reject: (error: Error) => void
  /** The time it may wait for an instance. */
  waiting: Timer | undefined
}

/** An instance that lives shorter is started again only after as long, in milliseconds. */
const shortLife = 1000

/**
 * A program that answers packets, in as many instances as are wanted; one that ends is started again. A packet is two
 * bytes of length, the higher first, and the content, on its standard input and output; every question has one answer.
 */
export class FramedProgram {
  readonly #options: FramedProgramOptions
  readonly #waiting = new Set<Call>()
  readonly #instances: Instance[]

  constructor(options: FramedProgramOptions) {
    this.#options = options
    this.#instances = Array.from({ length: options.instances }, () => new Instance(options, (it) => this.#give(it)))
  }

  /** Asks whichever instance is free. Rejects with CallFailed when none answers, or the packet is too long. */
  call(content: Buffer): Promise<Buffer> {
    if (content.length > 0xffff) return Promise.reject(new CallFailed('the packet is too long'))
    const length = Buffer.alloc(2)
    length.writeUInt16BE(content.length)
    return new Promise((resolve, reject) => {
      const call: Call = { packet: Buffer.concat([length, content]), resolve, reject, waiting: undefined }
      const free = this.#instances.find((instance) => instance.isFree)
      if (free !== undefined) free.take(call)
      else if (this.#instances.every((instance) => !instance.isRunning)) reject(new CallFailed('the program has ended'))
      else this.#enqueue(call)
    })
  }

  #enqueue(call: Call): void {
    this.#waiting.add(call)
    const { startTimeout, callTimeout, clock } = this.#options
    const limit = this.#instances.some((instance) => instance.isWarm) ? callTimeout : startTimeout
    call.waiting = clock.after(limit, () => {
      this.#waiting.delete(call)
      call.reject(new CallFailed('no instance of the program was free in time'))
    })
  }

  #give(instance: Instance): void {
    const [next] = this.#waiting
    if (next === undefined || !instance.isFree) return
    this.#waiting.delete(next)
    next.waiting?.cancel()
    instance.take(next)
  }

  /** Ends the program: its input is closed, and if that does not help it is killed. */
  async close(): Promise<void> {
    for (const call of this.#waiting) {
      call.waiting?.cancel()
      call.reject(new CallFailed('the server stops'))
    }
    this.#waiting.clear()
    await Promise.all(this.#instances.map((instance) => instance.close()))
  }
}

/** One running program, which has at most one question at a time. */
class Instance {
  readonly #options: FramedProgramOptions
  readonly #onFree: (instance: Instance) => void
  #child: ChildProcess | undefined
  #startedAt = 0
  #call: Call | undefined
  #timer: Timer | undefined
  #received = Buffer.alloc(0)
  #isClosing = false
  /** Whether this run of it has answered before. */
  isWarm = false

  constructor(options: FramedProgramOptions, onFree: (instance: Instance) => void) {
    this.#options = options
    this.#onFree = onFree
    this.#start()
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  get isFree(): boolean {
    return this.#child !== undefined && this.#call === undefined
  }

  #start(): void {
    const { program, clock } = this.#options
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child = child
    this.#startedAt = clock.now()
    this.#received = Buffer.alloc(0)
    this.isWarm = false
    child.once('error', (error) => this.#ended(child, error))
    child.once('close', () => this.#ended(child))
    // What is written to a program that has ended fails; that it has ended is told by its end.
    child.stdin?.on('error', () => {})
    child.stdout?.on('data', (bytes: Buffer) => this.#receive(child, bytes))
    this.#onFree(this)
  }

  take(call: Call): void {
    const { startTimeout, callTimeout, clock } = this.#options
    this.#call = call
    this.#timer = clock.after(this.isWarm ? callTimeout : startTimeout, () => this.#tooSlow())
    this.#child?.stdin?.write(call.packet)
  }

  #receive(child: ChildProcess, bytes: Buffer): void {
    if (child !== this.#child) return
    this.#received = Buffer.concat([this.#received, bytes])
    const length = this.#received.length < 2 ? undefined : this.#received.readUInt16BE(0)
    if (length === undefined || this.#received.length < 2 + length) return
    const answer = this.#received.subarray(2, 2 + length)
    const rest = this.#received.subarray(2 + length)
    const call = this.#finish()
    if (call === undefined || rest.length > 0) {
      // Whose answer that was cannot be told any more.
      call?.reject(new CallFailed('the program answers what nobody asked'))
      this.#discard(child)
      return
    }
    this.#received = Buffer.alloc(0)
    this.isWarm = true
    call.resolve(answer)
    this.#onFree(this)
  }

  /** An answer that comes after all would be taken for that to the next question, so the program has to go. */
  #tooSlow(): void {
    this.#finish()?.reject(new CallFailed('the program did not answer in time'))
    if (this.#child !== undefined) this.#discard(this.#child)
  }

  #discard(child: ChildProcess): void {
    child.kill('SIGKILL')
    this.#ended(child, new CallFailed('it was of no use any more'))
  }

  #finish(): Call | undefined {
    const call = this.#call
    this.#call = undefined
    this.#timer?.cancel()
    return call
  }

  #ended(child: ChildProcess, error?: Error): void {
    if (child !== this.#child) return
    this.#child = undefined
    this.#finish()?.reject(new CallFailed('the program has ended', { cause: error }))
    if (this.#isClosing) return
    const { program, clock, report } = this.#options
    report({ what: 'external_program_ended', program, code: child.exitCode, signal: child.signalCode, error })
    const wait = Math.max(0, this.#startedAt + shortLife - clock.now())
    // One that was of use is worth starting again at once.
    if (wait > 0 && !this.isWarm) clock.after(wait, () => this.#restart())
    else this.#restart()
  }

  #restart(): void {
    if (!this.#isClosing) this.#start()
  }

  close(): Promise<void> {
    this.#isClosing = true
    const child = this.#child
    if (child === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const kill = this.#options.clock.after(2000, () => child.kill('SIGKILL'))
      child.once('close', () => {
        kill.cancel()
        resolve()
      })
      child.stdin?.end()
    })
  }
}
