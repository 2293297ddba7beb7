import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { freePorts, program } from './services.ts'

/** A Redis server of its own on a free loopback port, which keeps nothing. */
export class RedisServer {
  readonly port: number
  readonly password = 'redis-secret'
  #child: ChildProcess | undefined

  private constructor(port: number) {
    this.port = port
  }

  static async start(): Promise<RedisServer> {
    const [port = 0] = await freePorts(1)
    const server = new RedisServer(port)
    await server.run()
    return server
  }

  /** Starts it again after `stop`, empty. */
  async run(): Promise<void> {
    const words = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    const child = spawn(program('redis-server'), [...words, '--requirepass', this.password], { cwd: '/' })
    this.#child = child
    let said = ''
    for await (const text of child.stdout) {
      said += String(text)
      if (said.includes('Ready to accept connections')) break
    }
    if (child.exitCode !== null) throw new Error(`redis-server did not start: ${said}`)
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
}
