import { createHash } from 'node:crypto'
import { closeAll, type Finding, type Load, openAll } from './scenarios.ts'
import type { Client, Target } from './support/client.ts'
import { cpuSeconds, untilQuiet } from './support/process-stats.ts'

const pubsubNs = 'http://jabber.org/protocol/pubsub'
const capsNs = 'http://jabber.org/protocol/caps'
const discoNs = 'http://jabber.org/protocol/disco#info'
const payload = `<entry xmlns='urn:bench'>${'Something that is told to everybody. '.repeat(6)}</entry>`

/** Milliseconds after which somebody who has not been told is missing. */
const patience = 20_000

/** Who waits for how many messages from one address. */
class Count {
  received = 0
  #awaited = Number.POSITIVE_INFINITY
  #reached = (): void => {}

  add(): void {
    this.received += 1
    if (this.received >= this.#awaited) this.#reached()
  }

  /** Rejects when so many do not come. */
  async until(count: number): Promise<void> {
    if (this.received >= count) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve, reject) => {
      this.#awaited = count
      this.#reached = resolve
      timer = setTimeout(() => reject(new Error(`${count - this.received} have not been told`)), patience)
    })
    clearTimeout(timer)
  }
}

/** Counts what clients hear, by the address that it comes from. */
class Audience {
  readonly #counts = new Map<string, Count>()

  from(address: string): Count {
    let count = this.#counts.get(address)
    if (count === undefined) {
      count = new Count()
      this.#counts.set(address, count)
    }
    return count
  }

  watch(client: Client): void {
    client.onElement = (element) => {
      if (element.startsWith('<message')) this.from(attributeOf(headOf(element), 'from') ?? '').add()
    }
  }
}

function attributeOf(element: string, name: string): string | undefined {
  return new RegExp(`\\s${name}=['"]([^'"]*)`).exec(element)?.[1]
}

function headOf(element: string): string {
  return element.slice(0, element.indexOf('>') + 1)
}

let ids = 0
/** Sends a request and waits for its answer; what else comes goes where it went before. */
function ask(client: Client, to: string | undefined, inner: string): Promise<void> {
  const id = `q${++ids}`
  const before = client.onElement
  return new Promise((resolve, reject) => {
    client.onElement = (element) => {
      if (!element.startsWith('<iq') || attributeOf(headOf(element), 'id') !== id) return before(element)
      client.onElement = before
      if (attributeOf(headOf(element), 'type') === 'error') reject(new Error(element))
      else resolve()
    }
    const where = to === undefined ? '' : ` to='${to}'`
    client.send(`<iq type='set' id='${id}'${where}><pubsub xmlns='${pubsubNs}'>${inner}</pubsub></iq>`)
  })
}

/** Who publishes what, and how many are told each time. */
interface Publishing {
  readonly publisher: Client
  /** The service; undefined for the account of who publishes. */
  readonly to?: string
  readonly node: string
  readonly heard: Count
  readonly each: number
}

/** Publishes, and waits until everybody has it. */
async function publish({ publisher, to, node, heard, each }: Publishing): Promise<void> {
  const told = heard.until(heard.received + each)
  await Promise.all([
    ask(publisher, to, `<publish node='${node}'><item id='current'>${payload}</item></publish>`),
    told,
  ])
}

/** Publishes one item after another, each once everybody has the one before. */
async function publishFor(seconds: number, publishing: Publishing): Promise<number> {
  const begun = performance.now()
  let count = 0
  while (performance.now() - begun < seconds * 1000) {
    await publish(publishing)
    count += 1
  }
  return count
}

/** CPU of the server for so long, and how often has been published. */
async function measure(
  target: Target,
  load: Load,
  publishings: readonly Publishing[],
): Promise<{ used: number; count: number }> {
  const run = async (seconds: number) => {
    const counts = await Promise.all(publishings.map((one) => publishFor(seconds, one)))
    return counts.reduce((sum, count) => sum + count, 0)
  }
  // Some servers refuse who publishes while the node of another account is being made.
  for (const one of publishings) await publish(one)
  await run(load.warmUp)
  await untilQuiet(target.pid)
  const before = cpuSeconds(target.pid)
  const count = await run(load.seconds)
  return { used: cpuSeconds(target.pid) - before, count }
}

/** A node of the service with so many subscribers, all of whom are there. */
export async function measureSubscribers(target: Target, load: Load, subscribers: number): Promise<Finding> {
  const clients = await openAll(target, subscribers + 1, { withPresence: true })
  const [publisher, ...others] = clients as [Client, ...Client[]]
  const [to, node, audience] = [`pubsub.${target.domain}`, `bench${process.pid}`, new Audience()]
  await ask(publisher, to, `<create node='${node}'/>`)
  for (const client of others) {
    audience.watch(client)
    await ask(client, to, `<subscribe node='${node}' jid='${client.jid}'/>`)
  }
  const { used, count } = await measure(target, load, [
    { publisher, to, node, heard: audience.from(to), each: subscribers },
  ])
  await closeAll(clients)
  const notifications = count * subscribers
  const figures = { 'us/notification': (used * 1e6) / notifications, 'notifications/s': notifications / load.seconds }
  return { scenario: `publication to ${subscribers}`, figures, faults: 0 }
}

/** Shows capabilities and answers what the server asks about them. */
function showCaps(client: Client, features: readonly string[]): void {
  const text = `client/pc//<${features
    .toSorted()
    .map((feature) => `${feature}<`)
    .join('')}`
  const ver = createHash('sha1').update(text).digest('base64')
  const answer = `<identity category='client' type='pc'/>${features.map((name) => `<feature var='${name}'/>`).join('')}`
  const before = client.onElement
  client.onElement = (element) => {
    if (!element.startsWith('<iq') || !element.includes(discoNs)) return before(element)
    const [head, node] = [headOf(element), attributeOf(element, 'node')]
    client.send(
      `<iq type='result' id='${attributeOf(head, 'id')}' to='${attributeOf(head, 'from')}'>` +
        `<query xmlns='${discoNs}' node='${node}'>${answer}</query></iq>`,
    )
  }
  client.send(`<presence><c xmlns='${capsNs}' hash='sha-1' node='urn:bench' ver='${ver}'/></presence>`)
}

/** Has somebody agree to whoever wants to see their presence. */
function agree(client: Client): void {
  const before = client.onElement
  client.onElement = (element) => {
    const head = headOf(element)
    if (element.startsWith('<presence') && attributeOf(head, 'type') === 'subscribe')
      client.send(`<presence type='subscribed' to='${attributeOf(head, 'from')}'/>`)
    else before(element)
  }
}

/** Accounts that publish, and how many contacts each of them has: the same. */
export interface ContactLoad {
  publishers: number
  contacts: number
}

/** Nodes of accounts, of which every other contact wants to hear. Publishers and contacts see each other's presence. */
export async function measureContacts(target: Target, load: Load, size: ContactLoad): Promise<Finding> {
  const clients = await openAll(target, size.publishers + size.contacts, { withPresence: true })
  const [publishers, contacts] = [clients.slice(0, size.publishers), clients.slice(size.publishers)]
  const audience = new Audience()
  for (const client of contacts) audience.watch(client)
  for (const client of clients) agree(client)
  for (const publisher of publishers) {
    for (const contact of contacts) {
      contact.send(`<presence type='subscribe' to='${publisher.jid}'/>`)
      publisher.send(`<presence type='subscribe' to='${contact.jid}'/>`)
    }
  }
  // Some servers note what a contact wants to hear when its presence comes, and not later.
  await untilQuiet(target.pid)
  const interests = (index: number) =>
    index % 2 === 0 ? ['urn:bench:tune+notify', 'urn:a'] : ['urn:other+notify', `urn:${index % 10}`]
  for (const [index, client] of contacts.entries()) showCaps(client, interests(index))
  await untilQuiet(target.pid)
  const each = Math.ceil(size.contacts / 2)
  const { used, count } = await measure(
    target,
    load,
    publishers.map((publisher) => ({ publisher, node: 'urn:bench:tune', heard: audience.from(publisher.jid), each })),
  )
  await closeAll(clients)
  const figures = { 'us/publication': (used * 1e6) / count, 'publications/s': count / load.seconds }
  const who = size.publishers === 1 ? 'an account' : `${size.publishers} accounts`
  return { scenario: `publication of ${who}, ${size.contacts} contacts`, figures, faults: 0 }
}
