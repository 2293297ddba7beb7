import { EnduringClient } from './enduring-client.ts'
import { PlainClient } from './plain-client.ts'

const pairs = 6
const names = Array.from({ length: pairs }, (_, i) => [`left${i}`, `right${i}`] as const)
const away = 'absent'
/** Messages that somebody sends ahead of their acknowledgement. */
const usualAhead = 5

/** What came of everything that a crowd has written. */
export interface Outcome {
  readonly acknowledged: number
  readonly refused: number
  /** Acknowledged, not refused, and nowhere. */
  readonly lost: readonly string[]
  /** Refused, and received all the same. */
  readonly betrayed: readonly string[]
  /** Received more than once in one stream, resumptions included. */
  readonly doubled: readonly string[]
  /** Received after something that the same sender has sent later. */
  readonly disordered: readonly string[]
  readonly resumptions: number
  /** Streams that were gone. */
  readonly failures: number
}

/** Those who write to each other, and what has been written. */
export class Crowd {
  readonly clients = new Map<string, EnduringClient>()
  #count = 0
  #ahead = usualAhead
  #isOver = false

  constructor(port: number) {
    for (const name of names.flat()) this.clients.set(name, new EnduringClient(name, 'r', port))
  }

  get acknowledged(): number {
    let sum = 0
    for (const { fate } of this.clients.values()) sum += fate.acknowledged.size
    return sum
  }

  async comes(port: number): Promise<void> {
    await Promise.all([...this.clients.values()].map((client) => client.comes(port)))
  }

  /** Everybody writes to the other of his pair, and to somebody who is away, a few messages ahead of the acknowledgements. */
  write(): void {
    if (this.#isOver) return
    for (const [left, right] of names) {
      this.#writeFrom(left, right)
      this.#writeFrom(right, left)
    }
    setImmediate(() => this.write())
  }

  #writeFrom(from: string, to: string): void {
    const client = this.clients.get(from)
    if (client === undefined || !client.isOn || client.waiting > this.#ahead) return
    const number = ++this.#count
    if (number % 7 === 0) client.sends(`${away}@localhost`, `${away}:${from}:${number}`)
    else client.sends(`${to}@localhost/r`, `${to}:${from}:${number}`)
  }

  /** Waits until so many more messages have been acknowledged. */
  async more(count: number): Promise<void> {
    const goal = this.acknowledged + count
    while (this.acknowledged < goal) await new Promise((resolve) => setImmediate(resolve))
  }

  /** Waits until so many more messages have come back as errors. */
  async refusals(count: number): Promise<void> {
    const refused = () => [...this.clients.values()].reduce((sum, { fate }) => sum + fate.refused.size, 0)
    const goal = refused() + count
    // Nothing is acknowledged meanwhile, so that everybody has to go further ahead.
    for (; refused() < goal; this.#ahead++) await new Promise((resolve) => setTimeout(resolve, 20))
    this.#ahead = usualAhead
  }

  /** Looks into everybody's archive, after {@link end}. */
  async archives(port: number): Promise<ArchiveFaults> {
    const faults = {
      missing: [] as string[],
      betrayed: [] as string[],
      doubled: [] as string[],
      disordered: [] as string[],
      entries: 0,
    }
    const archived = new Map<string, Map<string, number>>()
    for (const owner of [away, ...this.clients.keys()]) {
      const ids = await archiveOf(owner, port)
      const counts = new Map<string, number>()
      for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
      archived.set(owner, counts)
      faults.entries += ids.length
      for (const [id, count] of counts) if (count > 1) faults.doubled.push(`${owner} ${id}`)
      faults.disordered.push(...disordered(ids).map((id) => `${owner} ${id}`))
    }
    const isMissing = (owner: string, id: string) => archived.get(owner)?.has(id) !== true
    for (const [sender, { fate }] of this.clients) {
      for (const id of fate.acknowledged) {
        const both = [sender, id.split(':')[0] ?? '']
        const owners = fate.refused.has(id) ? [] : both
        if (fate.refused.has(id)) faults.betrayed.push(...both.filter((owner) => !isMissing(owner, id)))
        faults.missing.push(...owners.filter((owner) => isMissing(owner, id)).map((owner) => `${owner} ${id}`))
      }
    }
    return faults
  }

  /** After {@link end}: those whose messages the inbox of who was away has not counted once each, as `sender counted/acknowledged`. */
  async miscounted(port: number): Promise<string[]> {
    const unread = await unreadOf(away, port)
    return [...this.clients].flatMap(([sender, { fate }]) => {
      const sent = [...fate.acknowledged].filter((id) => id.startsWith(`${away}:`) && !fate.refused.has(id)).length
      const counted = unread.get(sender) ?? 0
      return counted === sent ? [] : [`${sender} ${counted}/${sent}`]
    })
  }

  /** Writes no more, waits until all is acknowledged and looks where it is: with those it was for, or kept for who was away. */
  async end(port: number): Promise<Outcome> {
    this.#isOver = true
    await Promise.all([...this.clients.values()].map((client) => client.until(() => client.pending === 0)))
    const absent = new EnduringClient(away, 'r', port)
    await absent.comes()
    const everyone = new Map([...this.clients, [away, absent]])
    const lost: string[] = []
    for (const { fate } of this.clients.values()) {
      for (const id of fate.acknowledged) {
        const to = everyone.get(id.split(':')[0] ?? '')
        if (to !== undefined && !(await has(to, id, fate.refused))) lost.push(id)
      }
    }
    const isRefused = (id: string) => this.clients.get(id.split(':')[1] ?? '')?.fate.refused.has(id) === true
    const fates = [...everyone.values()].map(({ fate }) => fate)
    const sum = (pick: (fate: EnduringClient['fate']) => number) => fates.map(pick).reduce((a, b) => a + b)
    for (const client of everyone.values()) client.drops()
    return {
      acknowledged: this.acknowledged,
      refused: sum(({ refused }) => refused.size),
      lost,
      betrayed: [...everyone.values()].flatMap(({ fate }) => fate.received.filter((id) => isRefused(id))),
      doubled: fates.flatMap(({ doubled }) => doubled),
      disordered: fates.flatMap(({ received }) => disordered(received)),
      resumptions: sum(({ resumptions }) => resumptions),
      failures: sum(({ failures }) => failures),
    }
  }
}

/** What is wrong with the archives of everybody that a crowd has written to, or that has written. */
export interface ArchiveFaults {
  /** Acknowledged and not there, as `owner id`. */
  readonly missing: readonly string[]
  /** Refused, and there all the same. */
  readonly betrayed: readonly string[]
  /** There more than once. */
  readonly doubled: readonly string[]
  /** There after something that the same sender has sent later. */
  readonly disordered: readonly string[]
  readonly entries: number
}

/** Waits a while for what may be on its way. */
async function has(client: EnduringClient, id: string, refused: Set<string>): Promise<boolean> {
  const { fate } = client
  const isThere = (): boolean => fate.received.includes(id) || refused.has(id)
  if (!isThere()) await Promise.race([client.until(isThere), new Promise((resolve) => setTimeout(resolve, 3000))])
  return isThere()
}

/** The messages of one sender have come in the order in which they were sent. */
function disordered(received: readonly string[]): string[] {
  const last = new Map<string, number>()
  return received.filter((id) => {
    const [, from = '', number = ''] = id.split(':')
    const isLate = Number(number) < (last.get(from) ?? 0)
    last.set(from, Math.max(Number(number), last.get(from) ?? 0))
    return isLate
  })
}

/** The ids of the messages in the archive of a user, oldest first. */
async function archiveOf(user: string, port: number): Promise<string[]> {
  const client = await PlainClient.signIn(port, user, 'archive', false)
  const ids: string[] = []
  let after = ''
  for (let page = 0; ; page++) {
    client.received = ''
    const set = `<set xmlns='http://jabber.org/protocol/rsm'><max>50</max>${after}</set>`
    client.says(`<iq type='set' id='page${page}'><query xmlns='urn:xmpp:mam:2'>${set}</query></iq>`)
    await client.hears(`</iq>`)
    for (const [, id = ''] of client.received.matchAll(/<forwarded.*?<message[^>]*? id='([^']*)'/gs)) ids.push(id)
    const last = /<last>([^<]*)</.exec(client.received)?.[1]
    if (last === undefined || client.received.includes(`complete='true'`)) break
    after = `<after>${last}</after>`
  }
  client.leaves()
  return ids
}

/** How many messages of whom are unread, by the inbox of a user. */
async function unreadOf(user: string, port: number): Promise<Map<string, number>> {
  const client = await PlainClient.signIn(port, user, 'inbox', false)
  client.received = ''
  client.says(`<iq type='set' id='inbox'><inbox xmlns='erlang-solutions.com:xmpp:inbox:0'/></iq>`)
  await client.hears(`</iq>`)
  const shown = /<result xmlns='erlang-solutions[^']*' unread='(\d+)'.*?<message[^>]*? from='([^@']*)@/gs
  const found = [...client.received.matchAll(shown)].map(([, count, sender = '']) => [sender, Number(count)] as const)
  client.leaves()
  return new Map(found)
}

/** Makes the accounts of a crowd on a server that lets everybody register. */
export async function registerCrowd(port: number): Promise<void> {
  for (const name of [away, ...names.flat()]) {
    const client = await PlainClient.connect(port)
    client.says(
      `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>`,
    )
    const form = `<username>${name}</username><password>${name}</password>`
    client.says(`<iq type='set' id='r'><query xmlns='jabber:iq:register'>${form}</query></iq>`)
    await client.hears(`<iq type='result' id='r'`)
    client.leaves()
  }
}

/** What a server needs for a crowd. */
export const crowdModules = `
[modules.mod_register]
[modules.mod_stream_management]
resume_timeout = 600
buffer_max = 5000
`
