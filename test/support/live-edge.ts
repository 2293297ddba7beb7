import { LoginGuard } from '../../src/auth/login-guard.ts'
import { parseConfig } from '../../src/config/load.ts'
import { BoshTable } from '../../src/edges/bosh/bosh-table.ts'
import type { ClientService } from '../../src/edges/client-service.ts'
import type { ComponentService } from '../../src/edges/component/component-service.ts'
import type { InboundService } from '../../src/edges/s2s/inbound-stream.ts'
import { Jid } from '../../src/jid/jid.ts'
import { allModules } from '../../src/modules/all.ts'
import type { Connection, ConnectionHandler, FrameConnection, FrameHandler } from '../../src/net/connection.ts'
import { GuessLimit } from '../../src/net/http-credentials.ts'
import type { Accept } from '../../src/net/tcp.ts'
import type { AcceptFrames } from '../../src/net/websocket.ts'
import { createLogger } from '../../src/observe/logger.ts'
import { registerAccount } from '../../src/router/accounts.ts'
import type { Host } from '../../src/router/host.ts'
import { ClientPort } from '../../src/server/client-port.ts'
import { componentService } from '../../src/server/components/component-service.ts'
import { inboundService } from '../../src/server/federation/s2s-port.ts'
import type { ListenerParts } from '../../src/server/port.ts'
import { clientTraffic } from '../../src/server/traffic.ts'
import { createServer, type Server } from '../../src/server.ts'
import { FakeClock } from '../../src/util/clock.ts'
import { parseElement } from '../../src/xml/parse.ts'
import { serialise } from '../../src/xml/serialise.ts'
import { FakeTransport } from './fake-client-service.ts'
import { PaperRequests } from './paper-requests.ts'

/** A connection without a socket. */
export class PaperConnection extends FakeTransport implements Connection {
  handler: ConnectionHandler | undefined = undefined

  startTls(): Promise<void> {
    return new Promise(() => {})
  }

  channelBinding(): undefined {
    return undefined
  }

  /** Text comes in from the client, in pieces that end at these places. */
  push(bytes: Buffer, cuts: readonly number[] = []): void {
    let start = 0
    for (const cut of [...cuts, bytes.length]) {
      if (cut > start) this.handler?.data(bytes.subarray(start, cut), cut - start)
      start = Math.max(start, cut)
    }
  }

  says(text: string): void {
    this.push(Buffer.from(text))
  }

  /** The client is gone. */
  vanish(): void {
    this.state = 'destroyed'
    this.handler?.closed()
  }
}

/** A WebSocket without a socket: a frame for each element. */
export class PaperSocket extends FakeTransport implements FrameConnection {
  handler: FrameHandler | undefined = undefined
  readonly #unread: Buffer[] = []

  /** A frame comes in, whatever is in it, and is read when the server reads. */
  push(bytes: Buffer): void {
    this.#unread.push(bytes)
    this.#read()
  }

  override resumeReading(): void {
    super.resumeReading()
    this.#read()
  }

  #read(): void {
    while (!this.isPaused && this.state === 'open') {
      const frame = this.#unread.shift()
      if (frame === undefined) return
      this.handler?.frame(frame, frame.length)
    }
  }

  /** Well-formed text of a byte stream, as RFC 7395 has it. */
  says(text: string): void {
    const framed = text
      .replaceAll(
        /<stream:stream [^>]*>/g,
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>",
      )
      .replaceAll('</stream:stream>', "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>")
    for (const element of parseElement(`<frames xmlns='jabber:client'>${framed}</frames>`).elements()) {
      this.push(Buffer.from(serialise(element), 'latin1'))
    }
  }

  vanish(): void {
    this.state = 'destroyed'
    this.handler?.closed()
  }
}

/** A whole server in memory, whose clients have no sockets and whose clock stands still. */
export class LiveEdge {
  readonly clock = new FakeClock()
  readonly domain = 'localhost'
  /** Everything that the server has logged as its own fault. */
  readonly faults: string[] = []
  readonly #server: Server
  #parts: ListenerParts | undefined
  #port: ClientPort | undefined
  #accept: Accept | undefined
  #acceptFrames: AcceptFrames | undefined
  #requests: ClientService | undefined
  /** Sessions over HTTP requests. */
  readonly boshTable = new BoshTable(this.clock)

  constructor(settings = '') {
    const text = `${settings}\n${modules}`
    const { config } = parseConfig({ text, file: '/nowhere/meerkat.toml', modules: allModules })
    const log = createLogger({ level: 'warning', console: (line) => void this.faults.push(line) })
    this.#server = createServer({
      config,
      log,
      modules: allModules,
      clock: this.clock,
      inMemory: true,
      isOffline: true,
    })
  }

  async start(rules: { maxStanzaSize?: number; shaper?: string } = {}): Promise<void> {
    await this.#server.start()
    const { commands, config, log, metrics } = this.#server
    const { router } = this.host
    this.#parts = {
      config,
      clock: this.clock,
      commands,
      runsModule: () => false,
      log,
      metrics,
      tap: this.#server.tap,
      traffic: clientTraffic(metrics, (domain) => domain, this.#server.tap),
      router,
      modules: { running: [], of: () => undefined },
      guard: new LoginGuard(
        { freePerAddress: 1e9, freePerAccount: 1e9, firstDelay: 1, longestDelay: 1, forgetAfter: 1 },
        this.clock,
      ),
      guesses: new GuessLimit(this.clock),
      apiOf: () => undefined,
      domainAdmins: () => undefined,
      decoyOf: () => ({ secret: Buffer.alloc(32, 1), iterations: 1 }),
      domains: () => [],
      readiness: () => ({ status: 'started', reasons: [] }),
      folder: () => Promise.reject(new Error('there is no folder')),
      federation: () => this.#server.federation.open(),
    }
    const port = new ClientPort(this.#parts, { isTlsPossible: false })
    const [listener] = config.listen.c2s
    if (listener === undefined) throw new Error('no listener is configured')
    const changed = { ...listener, max_stanza_size: rules.maxStanzaSize ?? 65_536, shaper: rules.shaper ?? 'none' }
    this.#port = port
    this.#accept = port.streams(changed, undefined)
    this.#acceptFrames = port.frames(changed)
    this.#requests = port.requests(changed, undefined)
  }

  get host(): Host {
    const host = this.#server.hostOf(this.domain)
    if (host === undefined) throw new Error('not started')
    return host
  }

  get port(): ClientPort {
    if (this.#port === undefined) throw new Error('not started')
    return this.#port
  }

  async register(name: string, password: string): Promise<void> {
    await registerAccount(this.host, Jid.of(name, this.domain), password)
  }

  /** `isSecure`: as if TLS had been agreed on before. */
  connect(isSecure = false): PaperConnection {
    const connection = new PaperConnection()
    connection.isSecure = isSecure
    if (this.#accept === undefined) throw new Error('not started')
    connection.handler = this.#accept(connection)
    return connection
  }

  /** Streams of other servers, whose keys are all right and to whom nothing is sent. */
  async peers(): Promise<InboundService> {
    const parts = this.#parts
    const [table] = parts?.config.listen.s2s ?? []
    if (parts === undefined || table === undefined) throw new Error('not started, or no listener is configured')
    const federation = await parts.federation()
    this.host.router.sendElsewhere(() => {})
    const around = { parts, negotiating: new Set<never>(), tls: undefined, federation, s2s: federation.optionsOf('') }
    return { ...inboundService(table, around), check: () => Promise.resolve('valid') }
  }

  /** Streams of components. */
  components(): ComponentService {
    const parts = this.#parts
    const [table] = parts?.config.listen.component ?? []
    if (parts === undefined || table === undefined) throw new Error('not started, or no listener is configured')
    return componentService(table, parts.config, { parts, open: new Set(), report: () => {} })
  }

  /** Over a WebSocket. */
  connectFrames(isSecure: boolean): PaperSocket {
    const connection = new PaperSocket()
    connection.isSecure = isSecure
    if (this.#acceptFrames === undefined) throw new Error('not started')
    connection.handler = this.#acceptFrames(connection)
    return connection
  }

  /** Over HTTP requests. */
  connectRequests(isSecure: boolean): PaperRequests {
    if (this.#requests === undefined) throw new Error('not started')
    return new PaperRequests(this.#requests, this.boshTable, isSecure)
  }

  async stop(): Promise<void> {
    await this.#server.close()
  }
}

/** How long something may take to become so, in milliseconds: it bounds a run that fails. */
const patience = 15_000

/** Waits, turn by turn of the event loop, until something is so; false when it does not become so. */
export async function until(isSo: () => boolean): Promise<boolean> {
  const begun = performance.now()
  while (!isSo() && performance.now() - begun < patience) await new Promise((resolve) => setImmediate(resolve))
  return isSo()
}

const modules = `
[general]
hosts = ["localhost"]
registration_timeout = "infinity"

[[listen.c2s]]
port = 0

[auth.password]
scram_iterations = 1
hash = ["sha"]

[modules.mod_presence]
[modules.mod_roster]
[modules.mod_disco]
[modules.mod_offline]
[modules.mod_private]
[modules.mod_ping]
[modules.mod_time]
[modules.mod_version]
[modules.mod_register]
[modules.mod_last]
[modules.mod_sic]
[modules.mod_vcard]
[modules.mod_caps]
[modules.mod_sasl2]
[modules.mod_bind2]
[modules.mod_stream_management]
resume_timeout = 1
`
