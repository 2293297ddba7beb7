import { Jid } from '../../jid/jid.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { stanzaIdNs } from '../../stanza/stanza-id.ts'
import type { Database } from '../../storage/database.ts'
import type { WordIndex } from '../../storage/word-index.ts'
import type { Clock, Timer } from '../../util/clock.ts'
import type { Addresses } from './addresses.ts'
import { wordsOf } from './search-text.ts'
import type { MamTables } from './tables.ts'
import type { WrittenMessage } from './writer.ts'

/** Messages are put into the index so many at a time, as many small additions cost several times as much. */
const batchSize = 500
/** Milliseconds that a message waits for others. */
const interval = 1000
/** Messages that are read at a time to be put into the index. */
const atOnce = 200

export interface IndexerOptions {
  readonly clock: Clock
  /** Whether bodies are found by their words. */
  readonly hasBodies: boolean
  /** Whether messages are found by their ids, which retraction needs. */
  readonly hasReferences: boolean
  readonly onFailure: (error: unknown) => void
}

/** The word that stands for everything that concerns an address. */
export function addressWord(address: number): string {
  return `_a${address.toString(36)}`
}

/** The word that stands for an id that the sender has given (32-bit FNV-1a of it). */
export function referenceWord(id: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return `_r${(hash >>> 0).toString(36)}`
}

/** The ids by which a message can be named by who sent it: `<origin-id/>` and the attribute. */
export function referencesOf(message: Stanza): string[] {
  const origin = message.child('origin-id', stanzaIdNs)?.attr('id')
  return [message.id, origin].filter((id) => id !== undefined && id !== '') as string[]
}

/**
 * Puts messages that are on disk into the word index, in large portions and a little later: whoever looks for something waits for
 * {@link settled} first. What had not been put in when the process ended is found by {@link catchUp}.
 */
export class Indexer {
  readonly #db: Database<MamTables>
  readonly #index: WordIndex
  readonly #addresses: Addresses
  readonly #options: IndexerOptions
  #waiting: WrittenMessage[] = []
  #timer: Timer | undefined
  #underWay: Promise<void> = Promise.resolve()

  constructor(db: Database<MamTables>, addresses: Addresses, options: IndexerOptions) {
    this.#db = db
    this.#index = db.words('mod_mam_words')
    this.#addresses = addresses
    this.#options = options
  }

  add(messages: readonly WrittenMessage[]): void {
    if (!this.#options.hasBodies && !this.#options.hasReferences) return
    this.#waiting.push(...messages)
    if (this.#waiting.length >= batchSize) this.#flush()
    else this.#timer ??= this.#options.clock.after(interval, () => this.#flush())
  }

  /** Resolves when everything that is on disk can be found. */
  settled(): Promise<void> {
    this.#flush()
    return this.#underWay
  }

  /** Puts in what an earlier process has left. */
  async catchUp(isStopped: () => boolean): Promise<void> {
    if (!this.#options.hasBodies && !this.#options.hasReferences) return
    const { stale } = this.#db
    const last = await stale.q.selectFrom('mod_mam_words').select('rowid').orderBy('rowid', 'desc').limit(1).execute()
    for (let after = last[0]?.rowid ?? 0; !isStopped(); ) {
      const rows = await stale.q
        .selectFrom('mod_mam_stanza')
        .select(['id', 'stanza'])
        .where('id', '>', after)
        .orderBy('id')
        .limit(atOnce)
        .execute()
      if (rows.length === 0) return
      after = rows.at(-1)?.id ?? after
      await this.#insert(await Promise.all(rows.map(({ id, stanza }) => this.#reread(id, stanza))))
    }
  }

  #flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const messages = this.#waiting
    if (messages.length === 0) return
    this.#waiting = []
    this.#underWay = Promise.all([this.#underWay, this.#insert(messages.map(entryOf))]).then(() => {})
  }

  async #insert(entries: readonly Entry[]): Promise<void> {
    const found = entries.filter(([, words]) => words !== '')
    try {
      if (found.length > 0) await this.#db.atomic(this.#index.insert(found))
    } catch (error) {
      this.#options.onFailure(error)
    }
  }

  /** The words by which a message is found, but for those of its addresses, with a blank between them. */
  wordsOf(message: Stanza): string {
    const { hasBodies, hasReferences } = this.#options
    const references = hasReferences ? new Set(referencesOf(message).map(referenceWord)) : []
    const body = hasBodies ? message.child('body')?.text() : undefined
    return [...references, ...(body === undefined ? [] : wordsOf(body))].join(' ')
  }

  async #reread(id: number, bytes: Uint8Array): Promise<Entry> {
    const message = Stanza.fromBytes(bytes, Jid.parse)
    const words = this.wordsOf(message)
    if (words === '') return [id, words]
    const { from, to } = message
    const concerned = [from, to].filter((jid) => jid !== undefined).map((jid) => (jid as Jid).bareString)
    return entryOf({ message: { id, words }, addresses: new Set((await this.#addresses.ensure(concerned)).values()) })
  }
}

/** What is known of a message that is to be found. */
interface Indexed {
  readonly message: Pick<WrittenMessage['message'], 'id' | 'words'>
  readonly addresses: ReadonlySet<number>
}

type Entry = readonly [id: number, words: string]

function entryOf({ message: { id, words }, addresses }: Indexed): Entry {
  return [id, words === '' ? words : `${[...addresses].map(addressWord).join(' ')} ${words}`]
}
