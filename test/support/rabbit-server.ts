import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as secureConnect } from 'node:tls'
import type { CertificateFiles } from './certificates.ts'
import { freePorts, program } from './services.ts'

/** A RabbitMQ server of its own on free loopback ports, with its data in a folder that goes with it. */
export class RabbitServer {
  readonly port: number
  readonly #distributionPort: number
  readonly #folder: string
  #child: ChildProcess | undefined

  readonly #tls: CertificateFiles | undefined

  private constructor([port = 0, distributionPort = 0]: readonly number[], folder: string, tls?: CertificateFiles) {
    this.port = port
    this.#tls = tls
    this.#distributionPort = distributionPort
    this.#folder = folder
  }

  /** `tls`: it speaks TLS and nothing else. */
  static async start(tls?: CertificateFiles): Promise<RabbitServer> {
    const folder = await mkdtemp(join(tmpdir(), 'meerkat-rabbit-'))
    const server = new RabbitServer(await freePorts(2), folder, tls)
    await writeFile(join(folder, 'rabbitmq.conf'), server.#settings())
    await writeFile(join(folder, 'plugins'), '[].')
    await server.run()
    return server
  }

  #settings(): string {
    const at = `127.0.0.1:${this.port}`
    if (this.#tls === undefined) return `listeners.tcp.1 = ${at}\n`
    const { certificate, key } = this.#tls
    return `listeners.tcp = none
listeners.ssl.1 = ${at}
ssl_options.cacertfile = ${certificate}
ssl_options.certfile = ${certificate}
ssl_options.keyfile = ${key}
ssl_options.verify = verify_none
`
  }

  /** Starts it again after `stop`, with the same data. */
  async run(): Promise<void> {
    const folder = this.#folder
    const child = spawn(program('/usr/lib/rabbitmq/bin/rabbitmq-server'), [], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore'],
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        RABBITMQ_NODENAME: `meerkat${this.port}@localhost`,
        RABBITMQ_DIST_PORT: String(this.#distributionPort),
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
        RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
        RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
        RABBITMQ_MNESIA_BASE: join(folder, 'data'),
        RABBITMQ_LOG_BASE: join(folder, 'log'),
        RABBITMQ_PID_FILE: join(folder, 'pid'),
      },
    })
    this.#child = child
    while (!(await this.#isUp())) {
      if (child.exitCode !== null) throw new Error(`rabbitmq-server ended with ${child.exitCode}`)
      await sleep(100)
    }
  }

  #isUp(): Promise<boolean> {
    return this.#tls === undefined ? speaksAmqp(this.port) : takesConnections(this.port)
  }

  /** Ends it at once. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    // The script that starts it waits for the emulator: both are of the group that we made.
    process.kill(-child.pid, 'SIGKILL')
    await ended
  }

  async remove(): Promise<void> {
    await this.stop()
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** Whether the server answers somebody who speaks another protocol, as AMQP asks it to. */
function speaksAmqp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('HTTP\x01\x01\x00\x00'))
    socket.once('data', () => {
      resolve(true)
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = secureConnect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(true)
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
  })
}
