import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { CertificateFiles } from './certificates.ts'
import { freePorts, program } from './services.ts'

/** A Redis server of its own on a free loopback port, which keeps nothing. */
export class RedisServer {
  readonly port: number
  readonly password = 'redis-secret'
  #child: ChildProcess | undefined

  readonly #tls: CertificateFiles | undefined

  private constructor(port: number, tls: CertificateFiles | undefined) {
    this.port = port
    this.#tls = tls
  }

  /** `tls`: it speaks TLS and nothing else. */
  static async start(tls?: CertificateFiles): Promise<RedisServer> {
    const [port = 0] = await freePorts(1)
    const server = new RedisServer(port, tls)
    await server.run()
    return server
  }

  /** Starts it again after `stop`, empty. */
  async run(): Promise<void> {
    const port =
      this.#tls === undefined
        ? ['--port', String(this.port)]
        : ['--port', '0', '--tls-port', String(this.port), '--tls-auth-clients', 'no'].concat(
            ['--tls-cert-file', this.#tls.certificate, '--tls-key-file', this.#tls.key],
            ['--tls-ca-cert-file', this.#tls.certificate],
          )
    const words = [...port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
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
