// What a notification of publish-subscribe costs a server: CPU of the server for each message that a subscriber gets, and for each
// publication of an account to its contacts. Ours, and ejabberd where it is installed. Prints Markdown rows for bench/README.md.
//   node --import tsx bench/pubsub.ts [--subscribers 1000] [--only ours]
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startPeer } from '../test/support/peers.ts'
import { closeAll, register, userName } from './scenarios.ts'
import { type Client, forEach, login, type Target } from './support/client.ts'
import { cpuSeconds, untilQuiet } from './support/process-stats.ts'
import { startServer } from './support/server.ts'

const { values } = parseArgs({
  options: {
    subscribers: { type: 'string', default: '1000' },
    contacts: { type: 'string', default: '50' },
    publications: { type: 'string', default: '60' },
    only: { type: 'string' },
  },
})
const [subscribers, contacts, publications] = [
  Number(values.subscribers),
  Number(values.contacts),
  Number(values.publications),
]

const pubsubNs = 'http://jabber.org/protocol/pubsub'
const payload = `<entry xmlns='urn:bench'>${'Something that is told to everybody. '.repeat(6)}</entry>`

/** Clients with a counter of the messages that they have got, and of who waits for how many. */
class Audience {
  received = 0
  #awaited = 0
  #reached = (): void => {}

  watch(client: Client): void {
    client.onElement = (element) => {
      if (!element.startsWith('<message')) return
      this.received += 1
      if (this.received >= this.#awaited) this.#reached()
    }
  }

  until(count: number): Promise<void> {
    this.#awaited = count
    return this.received >= count
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#reached = resolve
        })
  }
}

let ids = 0
/** Sends a request and waits for its answer; messages are passed on. */
function ask(client: Client, to: string | undefined, payload: string): Promise<string> {
  const id = `q${++ids}`
  const before = client.onElement
  return new Promise((resolve, reject) => {
    client.onElement = (element) => {
      if (!element.startsWith('<iq') || !element.includes(id)) return before(element)
      client.onElement = before
      if (element.includes(`type='error'`)) reject(new Error(element))
      else resolve(element)
    }
    client.send(`<iq type='set' id='${id}'${to === undefined ? '' : ` to='${to}'`}>${payload}</iq>`)
  })
}

const request = (inner: string) => `<pubsub xmlns='${pubsubNs}'>${inner}</pubsub>`
const publish = (node: string, item: number) =>
  request(`<publish node='${node}'><item id='i${item}'>${payload}</item></publish>`)

/** Publishes one after another, each once everybody has the one before; CPU seconds of the server for all of them. */
async function measure(
  target: Target,
  run: { publish(index: number): Promise<unknown>; audience: Audience; each: number },
) {
  const round = async (count: number, from: number) => {
    const begun = run.audience.received
    for (let index = 0; index < count; index += 1) {
      await run.publish(from + index)
      await run.audience.until(begun + (index + 1) * run.each)
    }
  }
  await round(publications / 2, 0)
  await untilQuiet(target.pid)
  const before = cpuSeconds(target.pid)
  await round(publications, publications)
  return cpuSeconds(target.pid) - before
}

/** A node of the service with many subscribers. */
async function service(target: Target): Promise<number> {
  const clients = await forEach(subscribers + 1, 20, (index) =>
    login({ target, user: userName(index), withPresence: true }),
  )
  const [owner, ...others] = clients as [Client, ...Client[]]
  const [to, audience] = [`pubsub.${target.domain}`, new Audience()]
  await ask(owner, to, request(`<create node='bench'/>`))
  for (const client of others) audience.watch(client)
  await forEach(others.length, 20, async (index) => {
    const client = others[index] as Client
    await ask(client, to, request(`<subscribe node='bench' jid='${client.jid}'/>`))
  })
  const used = await measure(target, {
    publish: (index) => ask(owner, to, publish('bench', index)),
    audience,
    each: others.length,
  })
  await closeAll(clients)
  return (used * 1e6) / (publications * others.length)
}

/** Shows capabilities and answers what the server asks about them. */
function showCaps(client: Client, features: readonly string[], audience: Audience): void {
  const text = `client/pc//<${[...features]
    .sort()
    .map((feature) => `${feature}<`)
    .join('')}`
  const ver = createHash('sha1').update(text).digest('base64')
  const inner = features.map((feature) => `<feature var='${feature}'/>`).join('')
  audience.watch(client)
  const before = client.onElement
  client.onElement = (element) => {
    const id = /^<iq[^>]*\sid=['"]([^'"]*)/.exec(element)?.[1]
    const [from, node] = [/\sfrom=['"]([^'"]*)/.exec(element)?.[1], /\snode=['"]([^'"]*)/.exec(element)?.[1]]
    if (id === undefined || !element.includes('disco#info')) return before(element)
    client.send(
      `<iq type='result' id='${id}' to='${from}'><query xmlns='http://jabber.org/protocol/disco#info' node='${node}'>` +
        `<identity category='client' type='pc'/>${inner}</query></iq>`,
    )
  }
  client.send(
    `<presence><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:bench' ver='${ver}'/></presence>`,
  )
}

/** An account with contacts, every other of which wants to hear. */
async function account(target: Target): Promise<number> {
  const clients = await forEach(contacts + 1, 20, (index) =>
    login({ target, user: userName(index), withPresence: true }),
  )
  const [owner, ...others] = clients as [Client, ...Client[]]
  const audience = new Audience()
  owner.onElement = (element) => {
    const from = /^<presence[^>]*\sfrom=['"]([^'"]*)/.exec(element)?.[1]
    if (from !== undefined && /^<presence[^>]*\stype=['"]subscribe['"]/.test(element))
      owner.send(`<presence type='subscribed' to='${from}'/>`)
  }
  for (const [index, client] of others.entries()) {
    client.send(`<presence type='subscribe' to='${owner.jid}'/>`)
    showCaps(
      client,
      index % 2 === 0 ? ['urn:bench:tune+notify', 'urn:a'] : ['urn:other+notify', `urn:${index % 10}`],
      audience,
    )
  }
  await untilQuiet(target.pid)
  const used = await measure(target, {
    publish: (index) => ask(owner, undefined, publish('urn:bench:tune', index)),
    audience,
    each: Math.ceil(contacts / 2),
  })
  await closeAll(clients)
  return (used * 1e6) / publications
}

async function rows(name: string, target: Target): Promise<void> {
  await register(target, subscribers + 1)
  const notification = await service(target)
  process.stdout.write(`| ${name} | ${subscribers} subscribers | ${notification.toFixed(1)} µs/notification |\n`)
  const publication = await account(target)
  process.stdout.write(`| ${name} | ${contacts} contacts | ${publication.toFixed(0)} µs/publication |\n`)
}

/** The process that listens on a port. */
function listenerOf(port: number): number {
  const line = execFileSync('ss', ['-ltnpH', `sport = :${port}`], { encoding: 'utf8' })
  return Number(/pid=(\d+)/.exec(line)?.[1])
}

if (values.only !== 'ejabberd') {
  const server = await startServer(24_322, 24_323)
  await rows('Meerkat', server.target).finally(() => server.stop())
}
if (values.only !== 'ours') {
  const { address, stop } = await startPeer('ejabberd')
  const { port, tlsPort, domain } = address
  await rows('ejabberd', { port, tlsPort, domain, pid: listenerOf(port) }).finally(stop)
}
