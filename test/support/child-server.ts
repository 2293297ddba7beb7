import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../bin/meerkat.js', import.meta.url))

/** A folder with a configuration, and the servers that run there one after another, each a process of its own. */
export class ServerFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'meerkat-child-'))

  constructor(settings: string) {
    writeFileSync(join(this.path, 'meerkat.toml'), settings)
  }

  /** `env`: variables of the process beside those of this one. */
  start(env: NodeJS.ProcessEnv = {}): Promise<ChildServer> {
    return ChildServer.start(join(this.path, 'meerkat.toml'), env)
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** A server in a process of its own. */
export class ChildServer {
  readonly port: number
  /** The exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>
  readonly #child: ChildProcess
  readonly #output: () => string

  private constructor(child: ChildProcess, exited: Promise<number | NodeJS.Signals>, output: () => string) {
    this.#child = child
    this.exited = exited
    this.#output = output
    this.port = Number(/:(\d+)\s+XMPP clients/.exec(output())?.[1])
  }

  static start(config: string, env: NodeJS.ProcessEnv = {}): Promise<ChildServer> {
    const child = spawn(process.execPath, [program, 'foreground', '--config', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    let output = ''
    const exited = new Promise<number | NodeJS.Signals>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? code ?? -1))
    })
    return new Promise((resolve, reject) => {
      const read = (text: Buffer): void => {
        output += text.toString()
        if (output.includes('make an account')) resolve(new ChildServer(child, exited, () => output))
      }
      child.stdout?.on('data', read)
      child.stderr?.on('data', read)
      void exited.then((how) => reject(new Error(`ended with ${how}: ${output}`)))
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get output(): string {
    return this.#output()
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}
