import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** How long a foreign client may take for one thing, in ms. */
const patience = 15_000

/** Things that happen in somebody else's code, kept until a test asks for them. */
export class Events<E> {
  readonly #seen: E[] = []
  readonly #waiting = new Set<() => void>()

  add(event: E): void {
    this.#seen.push(event)
    for (const look of [...this.#waiting]) look()
  }

  /** Everything that has happened so far. */
  all(): readonly E[] {
    return this.#seen
  }

  /**
   * The first event that is wanted, once it has happened. Rejects with all that happened instead when time is up, which is after
   * `limit` milliseconds.
   */
  when(what: string, isWanted: (event: E) => boolean, limit = patience): Promise<E> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.#seen.find(isWanted)
        if (found === undefined) return
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve(found)
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(look)
        reject(
          new Error(
            `${what} did not happen; this did:\n${this.#seen.map((event) => JSON.stringify(event)).join('\n')}`,
          ),
        )
      }, limit)
      this.#waiting.add(look)
      look()
    })
  }
}

/** A program that is told what to do and tells what happens, a JSON object a line. */
export class LineProgram {
  readonly events = new Events<Record<string, unknown>>()
  readonly #child: ChildProcess
  #errors = ''

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stderr?.on('data', (text) => {
      this.#errors += text
    })
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })
    lines.on('line', (line) => this.events.add(line.startsWith('{') ? JSON.parse(line) : { what: 'printed', line }))
    this.#child.on('exit', (code) => this.events.add({ what: 'exited', code, errors: this.#errors.slice(-2000) }))
  }

  tell(command: Record<string, unknown>): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`)
  }

  /** Waits for an event of this kind whose fields are these. */
  when(what: string, fields: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const wanted = Object.entries({ what, ...fields })
    return this.events.when(`${what} ${JSON.stringify(fields)}`, (event) =>
      wanted.every(([key, value]) => event[key] === value),
    )
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }
}
