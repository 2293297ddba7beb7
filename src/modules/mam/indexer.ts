import { Jid } from '../../jid/jid.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { stanzaIdNs } from '../../stanza/stanza-id.ts'
import type { Database } from '../../storage/database.ts'
import type { RowPack } from '../../storage/row-pack.ts'
import type { WordIndex } from '../../storage/word-index.ts'
import type { Clock, Timer } from '../../util/clock.ts'
import type { Addresses } from './addresses.ts'
import { isPlain, wordsOf } from './search-text.ts'
import type { MamTables } from './tables.ts'
import { areNone, referenceWord, type Words, writeWords } from './words.ts'

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
  #waiting: RowPack[] = []
  #messages = 0
  #timer: Timer | undefined
  #underWay: Promise<void> = Promise.resolve()

  constructor(db: Database<MamTables>, addresses: Addresses, options: IndexerOptions) {
    this.#db = db
    this.#index = db.words('mod_mam_words')
    this.#addresses = addresses
    this.#options = options
  }

  /** Takes the words of messages that are on disk. */
  add(words: RowPack): void {
    if (words.rows === 0) return
    this.#waiting.push(words)
    this.#messages += words.rows
    if (this.#messages >= batchSize) this.#flush()
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
      const words = this.#index.pack()
      for (const { id, stanza } of rows) await this.#reread(id, stanza, words)
      await this.#insert([words])
    }
  }

  #flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#messages === 0) return
    const words = this.#waiting
    this.#waiting = []
    this.#messages = 0
    this.#underWay = Promise.all([this.#underWay, this.#insert(words)]).then(() => {})
  }

  async #insert(words: readonly RowPack[]): Promise<void> {
    try {
      const statements = words.flatMap((pack) => this.#index.insert(pack))
      if (statements.length > 0) await this.#db.atomic(statements)
    } catch (error) {
      this.#options.onFailure(error)
    }
  }

  /** By what a message is found, but for its addresses. */
  wordsOf(message: Stanza): Words {
    const { hasBodies, hasReferences } = this.#options
    const references = hasReferences ? referencesOf(message).map(referenceWord).join(' ') : ''
    if (!hasBodies) return { words: references, text: '' }
    const text = message.plainText('body')
    if (text !== undefined && isPlain(text)) return { words: references, text }
    const body = message.child('body')?.text()
    return { words: body === undefined ? references : `${references} ${wordsOf(body).join(' ')}`.trim(), text: '' }
  }

  async #reread(id: number, bytes: Uint8Array, into: RowPack): Promise<void> {
    const message = Stanza.fromBytes(bytes, Jid.parse)
    const words = this.wordsOf(message)
    if (areNone(words)) return
    const { from, to } = message
    const concerned = [from, to].filter((jid) => jid !== undefined).map((jid) => (jid as Jid).bareString)
    const addresses = new Set((await this.#addresses.ensure(concerned)).values())
    const row = into.add()
    into.number(row, 0, id)
    writeWords(into, row, [...addresses], words)
  }
}
