import type { Clock } from '../util/clock.ts'
import type { NodeRun, Told } from './cluster.ts'
import type { ClusterKeys } from './keys.ts'
import { PeerInbox } from './peer-inbox.ts'
import { type Confirmation, type Parcel, PeerGone, PeerOutbox } from './peer-outbox.ts'
import type { RedisPort } from './redis-port.ts'

/** What a bus is made with. */
export interface BusParts {
  readonly keys: ClusterKeys
  readonly redis: RedisPort
  /** A connection of its own: reading waits there. */
  readonly reader: RedisPort
  readonly clock: Clock
  /** Begins with what has come and never throws; its promise settles when it has been taken in. */
  take(topic: string, body: Told, from: NodeRun): unknown
}

/** Milliseconds that a read waits for something to come. */
export const longestRead = 2000
/** Entries that are read at a time. */
const mostRead = 200
/** Milliseconds after which reading is tried again. */
const pause = 200

interface Peer {
  readonly node: NodeRun
  readonly outbox: PeerOutbox
  readonly inbox: PeerInbox
  /** It is to be told what has been taken in. */
  isConfirmDue: boolean
  /** How often in a row it was not among the nodes. */
  absences: number
}

/**
 * Carries what nodes tell each other, each thing once and in order, through a stream for each node. What is sent within a turn goes
 * as one entry. What is lost on the way, with a connection or with what Redis had, is sent again until it is confirmed.
 */
export class Bus {
  readonly #parts: BusParts
  readonly #self: NodeRun
  readonly #peers = new Map<string, Peer>()
  #isFlushDue = false
  #isOpen = true

  constructor(self: NodeRun, parts: BusParts) {
    this.#self = self
    this.#parts = parts
  }

  /** Begins to read what has come since the node has joined. */
  open(): void {
    void this.#read()
  }

  /** Resolves when the node has taken it in. Rejects with PeerGone or PeerBehind. */
  send(to: NodeRun, topic: string, body: Told): Promise<void> {
    if (!this.#isOpen) return Promise.reject(new PeerGone('this node has left'))
    const taken = this.#peer(to).outbox.add(topic, body)
    this.#flushSoon()
    return taken
  }

  /**
   * These are the other nodes now, those have just gone: what was sent to them rejects. Who is neither may have come since it was
   * looked, and is gone where that is so twice.
   */
  keepOnly(nodes: readonly NodeRun[], gone: readonly NodeRun[]): void {
    const [there, over] = [new Set(nodes.map(nameOf)), new Set(gone.map(nameOf))]
    for (const [name, peer] of this.#peers) {
      peer.absences = there.has(name) ? 0 : peer.absences + 1
      if (over.has(name) || peer.absences > 1) this.#drop(name, peer)
    }
  }

  #drop(name: string, { outbox }: Peer): void {
    this.#peers.delete(name)
    outbox.end()
  }

  /** Sends again what has not been confirmed: `all`, or what has waited since the call before. */
  sendAgain(which: 'all' | 'stuck'): void {
    for (const { outbox } of this.#peers.values()) {
      if (which === 'all') outbox.rewind()
      else outbox.rewindIfStuck()
    }
    this.#flushSoon()
  }

  /** Sends what waits to be sent, and ends. */
  async close(): Promise<void> {
    if (this.#isOpen) await Promise.allSettled(this.#flush())
    this.end()
  }

  /** Ends at once. What has not been confirmed rejects. */
  end(): void {
    this.#isOpen = false
    for (const [name, peer] of this.#peers) this.#drop(name, peer)
  }

  #peer(node: NodeRun): Peer {
    const name = nameOf(node)
    const known = this.#peers.get(name)
    if (known !== undefined) return known
    const peer: Peer = {
      node,
      outbox: new PeerOutbox(),
      inbox: new PeerInbox(
        (topic, body) => this.#parts.take(topic, body, node),
        () => {
          peer.isConfirmDue = true
          this.#flushSoon()
        },
      ),
      isConfirmDue: false,
      absences: 0,
    }
    this.#peers.set(name, peer)
    return peer
  }

  #flushSoon(): void {
    if (this.#isFlushDue || !this.#isOpen) return
    this.#isFlushDue = true
    setImmediate(() => {
      this.#isFlushDue = false
      if (this.#isOpen) this.#flush()
    })
  }

  #flush(): Promise<unknown>[] {
    const sent: Promise<unknown>[] = []
    for (const peer of this.#peers.values()) {
      const batches = peer.outbox.hasUnsent ? peer.outbox.takeBatches() : []
      if (batches.length === 0 && peer.isConfirmDue) batches.push('[]')
      peer.isConfirmDue = false
      for (const batch of batches) sent.push(this.#write(peer, batch))
    }
    return sent
  }

  async #write({ node, inbox }: Peer, batch: string): Promise<void> {
    const { redis, keys } = this.#parts
    const { name, run } = this.#self
    const words = ['name', name, 'run', run, 'confirms', JSON.stringify(inbox.confirmation), 'parcels', batch]
    try {
      // The stream of a node that is gone is not made again.
      await redis.call('XADD', keys.bus(node), 'NOMKSTREAM', '*', ...words)
    } catch {
      // Sent again when Redis is reached, or at a beat of the heart; whoever waits hears then, or when the node is gone.
    }
  }

  async #read(): Promise<void> {
    const { redis, reader, keys, clock } = this.#parts
    const key = keys.bus(this.#self)
    let last = '0'
    while (this.#isOpen) {
      try {
        const answer = await reader.call('XREAD', 'COUNT', mostRead, 'BLOCK', longestRead, 'STREAMS', key, last)
        if (!this.#isOpen) return
        const entries = entriesOf(answer)
        for (const { fields } of entries) this.#receive(fields)
        const newest = entries.at(-1)?.id
        if (newest === undefined) continue
        last = newest
        // What has been read is not read again; what is lost with this process its sender sends to nobody else.
        redis.call('XTRIM', key, 'MINID', newest).catch(() => {})
      } catch {
        if (!this.#isOpen) return
        await new Promise<void>((resolve) => {
          clock.after(pause, resolve)
        })
      }
    }
  }

  #receive(fields: ReadonlyMap<string, string>): void {
    const name = fields.get('name')
    // The entry that made the stream.
    if (name === undefined) return
    const peer = this.#peer({ name, run: fields.get('run') ?? '' })
    // Who hears that something has been taken in knows what has been told before that.
    const parcels = JSON.parse(fields.get('parcels') ?? '[]') as Parcel[]
    if (parcels.length > 0) peer.inbox.receive(parcels)
    peer.outbox.confirm(JSON.parse(fields.get('confirms') ?? '{}') as Confirmation)
  }
}

function nameOf({ name, run }: NodeRun): string {
  return `${name} ${run}`
}

interface Entry {
  readonly id: string
  readonly fields: ReadonlyMap<string, string>
}

/** The entries of the only stream in an answer to XREAD: its key and its entries, each a list of an id and of fields. */
function entriesOf(answer: unknown): Entry[] {
  const [, entries] = (answer ?? []) as [string, [string, string[]][]]
  return (entries ?? []).map(([id, words]) => {
    const fields = new Map<string, string>()
    for (let at = 0; at + 1 < words.length; at += 2) fields.set(words[at] ?? '', words[at + 1] ?? '')
    return { id, fields }
  })
}
