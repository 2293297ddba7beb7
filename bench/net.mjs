// The floor under every figure: what it costs to pass a message of 250 bytes from one connection to another, with nothing
// in between. 200 connections, 128 messages on their way at any time. Run: npx tsx bench/net.mjs [--tls] [--data] [--idle]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'

const size = 250
const connections = 200
const inFlight = 128
const seconds = 5

async function serve() {
  // Without the shared read buffer, for comparison: hide the switch before the transport looks for it.
  if (process.argv.includes('--data')) {
    const { TCP } = process.binding('tcp_wrap')
    Object.defineProperty(TCP.prototype, 'useUserBuffer', { value: undefined })
  }
  const { listenTcp } = await import('../src/net/tcp.ts')
  const tls = process.argv.includes('--tls') ? await makeTls() : undefined
  const all = []
  let messages = 0
  class Router {
    constructor(number) {
      this.number = number
    }
    data(bytes, length) {
      const text = bytes.latin1Slice(0, length)
      const next = all[(this.number + 1) % all.length]
      for (let at = 0; at + size <= length; at += size) {
        messages++
        next.write(text.slice(at, at + size))
      }
    }
    drained() {}
    closed() {}
  }
  const listener = await listenTcp({ port: 0, host: '127.0.0.1', tls }, (connection) => {
    const mine = all.push(connection) - 1
    return new Router(mine)
  })
  process.send({ port: listener.port, pid: process.pid })
  let before
  process.on('message', (order) => {
    if (order === 'collect') {
      globalThis.gc()
      process.send({ rss: process.memoryUsage.rss() })
      return
    }
    const now = { cpu: process.cpuUsage(), messages, at: performance.now() }
    if (order === 'stop') {
      const { user, system } = process.cpuUsage(before.cpu)
      const count = messages - before.messages
      process.send({
        perMessage: (user + system) / count,
        perSecond: Math.round((count * 1000) / (now.at - before.at)),
      })
    }
    before = now
  })
}

async function makeTls() {
  const { makeSelfSigned, writeCertificate } = await import('../src/net/certificate.ts')
  const { TlsContext } = await import('../src/net/tls-context.ts')
  const { systemClock } = await import('../src/util/clock.ts')
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const files = { certfile: join(folder, 'a.crt'), keyfile: join(folder, 'a.key') }
  await writeCertificate(makeSelfSigned({ domains: ['localhost'], now: Date.now() }), files)
  const context = await TlsContext.load({ clock: systemClock, table: files })
  rmSync(folder, { recursive: true })
  return context
}

function dial(port) {
  return new Promise((resolve, reject) => {
    const isTls = process.argv.includes('--tls')
    const options = { port, host: '127.0.0.1', rejectUnauthorized: false }
    const socket = isTls ? connectTls(options, () => resolve(socket)) : connect(options, () => resolve(socket))
    socket.setNoDelay(true)
    socket.once('error', reject)
  })
}

async function load(port, server) {
  const clients = []
  for (let index = 0; index < connections; index++) clients.push(await dial(port))
  const message = 'm'.repeat(size)
  for (const client of clients) {
    let held = 0
    client.on('data', (chunk) => {
      held += chunk.length
      for (; held >= size; held -= size) client.write(message, 'latin1')
    })
  }
  for (let index = 0; index < inFlight; index++) clients[index % connections].write(message, 'latin1')
  await pause(1_000)
  server.send('start')
  await pause(seconds * 1_000)
  server.send('stop')
}

/** Memory of idle connections, garbage collected. */
async function idle(port, server) {
  const count = 5_000
  const rss = async () => {
    server.send('collect')
    const [{ rss }] = await once(server, 'message')
    return rss
  }
  for (let index = 0; index < 500; index++) await dial(port)
  const before = await rss()
  for (let index = 0; index < count; index++) await dial(port)
  await pause(500)
  console.log(`${(((await rss()) - before) / count / 1024).toFixed(2)} KB a connection, ${count} idle connections`)
}

function pause(ms) {
  return new Promise((done) => setTimeout(done, ms))
}

if (process.argv.includes('--serve')) {
  await serve()
} else {
  const flags = process.argv.slice(2)
  const server = fork(fileURLToPath(import.meta.url), ['--serve', ...flags], {
    execArgv: ['--expose-gc', '--import', 'tsx'],
  })
  process.on('exit', () => server.kill())
  const [{ port }] = await once(server, 'message')
  if (flags.includes('--idle')) {
    await idle(port, server)
  } else {
    await load(port, server)
    const [{ perMessage, perSecond }] = await once(server, 'message')
    console.log(`${perMessage.toFixed(2)} us of CPU a message, ${perSecond} messages a second`)
  }
  process.exit()
}
