// npx tsx bench/crowd.ts: one room with very many people in it. See bench/README.md.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { openAll } from './scenarios.ts'
import type { Client } from './support/client.ts'
import { cpuSeconds, residentKib } from './support/process-stats.ts'
import { startServer } from './support/server.ts'

const { values: options } = parseArgs({
  options: {
    occupants: { type: 'string', default: '10000' },
    /** Roles whose presence everybody sees; all of them unless given. */
    shown: { type: 'string' },
    port: { type: 'string', default: '24222' },
    'tls-port': { type: 'string', default: '24223' },
  },
})

const occupants = Number(options.occupants)
const muc = "xmlns='http://jabber.org/protocol/muc'"

function field(name: string, values: readonly string[]): string {
  return `<field var='${name}'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`
}

/** What makes a room fit for a crowd: enough places, and presences of those only whom everybody has to know. */
function configuration(): string {
  const fields = [
    field('FORM_TYPE', ['http://jabber.org/protocol/muc#roomconfig']),
    field('muc#roomconfig_maxusers', [String(occupants)]),
    ...(options.shown === undefined ? [] : [field('muc#roomconfig_presencebroadcast', options.shown.split(','))]),
  ]
  return `<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>${fields.join('')}</x></query>`
}

interface Watched {
  stanzas: number
}

/** Has somebody enter; settles at the subject, which comes last. */
function enters(client: Client, room: string, watched: Watched): Promise<void> {
  return new Promise((resolve, reject) => {
    client.onClosed = () => reject(new Error(`${client.user}: connection closed`))
    client.onElement = (element) => {
      watched.stanzas++
      if (element.startsWith('<message') && element.includes('<subject')) resolve()
      else if (element.includes("type='error'")) reject(new Error(element))
    }
    client.send(`<presence to='${room}/${client.user}'><x ${muc}/></presence>`)
  })
}

/** Has one say something; settles when everybody has heard it. */
function speaks(clients: readonly Client[], room: string, text: string): Promise<void> {
  return new Promise((resolve) => {
    let missing = clients.length
    for (const client of clients) {
      client.onElement = (element) => {
        if (element.includes(`<body>${text}</body>`) && --missing === 0) resolve()
      }
    }
    ;(clients.at(-1) as Client).send(`<message to='${room}' type='groupchat'><body>${text}</body></message>`)
  })
}

/** Settles when nobody has been sent anything for half a second. */
async function quiet(watched: Watched): Promise<void> {
  for (let before = -1; before !== watched.stanzas; ) {
    before = watched.stanzas
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

async function timed(what: string, pid: number, work: () => Promise<unknown>): Promise<void> {
  const [begun, cpu] = [performance.now(), cpuSeconds(pid)]
  await work()
  const seconds = (performance.now() - begun) / 1000
  const used = cpuSeconds(pid) - cpu
  const memory = residentKib(pid) / 1024
  console.log(
    `${what.padEnd(32)} ${seconds.toFixed(2)} s, ${used.toFixed(2)} s of CPU, ${memory.toFixed(0)} MiB afterwards`,
  )
}

/** Everybody is let in by any password. */
function forCrowds(config: string): string {
  return config.replace('methods = ["internal"]', 'methods = ["dummy"]\n  dummy.base_time = 0\n  dummy.variance = 1')
}

spawnSync('taskset', ['-cp', process.env['BENCH_LOAD_CPU'] ?? '1', String(process.pid)])
const server = await startServer(Number(options.port), Number(options['tls-port']), forCrowds)
try {
  const { pid, domain } = server.target
  const room = `crowd@conference.${domain}`
  const watched: Watched = { stanzas: 0 }
  let clients: Client[] = []
  await timed(`${occupants} sign in`, pid, async () => {
    clients = await openAll(server.target, occupants, { withPresence: true })
  })
  const [owner, ...others] = clients as [Client, ...Client[]]
  await enters(owner, room, watched)
  owner.send(`<iq type='set' id='c' to='${room}'>${configuration()}</iq>`)
  await timed('all enter at once', pid, async () => {
    await Promise.all(others.map((client) => enters(client, room, watched)))
    await quiet(watched)
  })
  console.log(`presences and subjects           ${watched.stanzas}`)
  for (let round = 1; round <= 3; round++) {
    await timed('one speaks, all hear it', pid, () => speaks(clients, room, `round ${round}`))
  }
  await timed('all lose their connections', pid, async () => {
    for (const client of others) client.destroy()
    await quiet(watched)
  })
} finally {
  await server.stop()
}
process.exit()
