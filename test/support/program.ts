import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Address } from './stream.ts'

const meerkat = fileURLToPath(new URL('../../bin/meerkat.js', import.meta.url))

/** What came of a program. */
export interface Outcome {
  /** The exit code, null when a signal ended it. */
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A folder to run the real program in, as somebody does at a terminal. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'meerkat-cli-'))
  readonly #children = new Set<ChildProcess>()

  file(name: string, text: string): string {
    const path = join(this.folder, name)
    writeFileSync(path, text)
    return path
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /** Runs `meerkat` with these arguments to its end. */
  async run(...args: string[]): Promise<Outcome> {
    const program = this.begin(...args)
    return program.ended
  }

  /** Runs a command that must succeed; answers what it printed as data. */
  async data(category: string, command: string, ...args: string[]): Promise<unknown> {
    const { code, out, err } = await this.run(category, command, ...args)
    if (code !== 0) throw new Error(`meerkat ${category} ${command} ended with ${code}:\n${out}${err}`)
    return JSON.parse(out).data[category][command]
  }

  /** Starts `meerkat` with these arguments. */
  begin(...args: string[]): RunningProgram {
    const { MEERKAT_CONFIG: _, ...env } = process.env
    const child = spawn(process.execPath, [meerkat, ...args], {
      cwd: this.folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return new RunningProgram(child)
  }

  /** Starts a server and waits until it has said where it listens. */
  async serve(...args: string[]): Promise<RunningProgram> {
    const program = this.begin('foreground', ...args)
    await program.says('Next, make an account')
    return program
  }

  /** Ends what still runs and removes the folder. */
  async close(): Promise<void> {
    const ends = [...this.#children].map((child) => once(child, 'exit'))
    for (const child of this.#children) child.kill('SIGKILL')
    await Promise.all(ends)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A program under way. */
export class RunningProgram {
  readonly ended: Promise<Outcome>
  readonly #child: ChildProcess
  #out = ''
  #err = ''
  #look: () => void = () => {}

  constructor(child: ChildProcess) {
    this.#child = child
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text
      this.#look()
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#err += text
      this.#look()
    })
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        resolve({ code, out: this.#out, err: this.#err })
        this.#look()
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get output(): string {
    return this.#out + this.#err
  }

  /** Waits until it has written this to standard output or error, so many times. Rejects when it ends without. */
  async says(text: string, times = 1): Promise<void> {
    const isSaid = () => this.output.split(text).length > times
    for (;;) {
      if (isSaid()) return
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        await this.ended
        if (isSaid()) return
        throw new Error(`the program ended without saying "${text}":\n${this.output}`)
      }
      await new Promise<void>((resolve) => {
        this.#look = resolve
      })
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Where clients reach it, as it said itself, after a restart the last time. */
  get address(): Address {
    const portOf = (kind: string) => Number([...this.#out.matchAll(new RegExp(`:(\\d+) +${kind}`, 'g'))].at(-1)?.[1])
    return {
      host: '127.0.0.1',
      port: portOf('XMPP clients, STARTTLS'),
      tlsPort: portOf('XMPP clients, direct TLS'),
      wsUrl: `ws://127.0.0.1:${portOf('HTTP')}/ws-xmpp`,
      domain: 'localhost',
    }
  }
}
