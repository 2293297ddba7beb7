import type { Database } from '../../storage/database.ts'
import { ConditionFailed } from '../../storage/errors.ts'
import type { MomentIds } from '../../util/moment-ids.ts'
import type { ArchivedMessage } from './reader.ts'
import type { MamTables } from './tables.ts'

/** Entries that are removed with one group of statements. */
const mostAtOnce = 500

/** Changes what is in archives already. A message that no entry has any more is gone from the disk. */
export class ArchiveEditor {
  readonly #db: Database<MamTables>
  readonly #ids: MomentIds

  constructor(db: Database<MamTables>, ids: MomentIds) {
    this.#db = db
    this.#ids = ids
  }

  /** Puts another message in the place of one; other archives keep theirs. False where somebody else has done so meanwhile. */
  async replace(archive: number, entry: ArchivedMessage, bytes: Buffer): Promise<boolean> {
    const { q } = this.#db
    const id = this.#ids.next()
    const [original] = await q.selectFrom('mod_mam_stanza').select('origin').where('id', '=', entry.stanza).execute()
    const origin = original?.origin ?? null
    const takesPlace = q
      .updateTable('mod_mam_entry')
      .set({ stanza: id })
      .where('archive', '=', archive)
      .where('id', '=', entry.id)
      .where('stanza', '=', entry.stanza)
    const isHere = q.insertInto('mod_mam_stanza').values({ id, copies: 1, stanza: bytes, origin })
    try {
      await this.#db.atomic([this.#db.mustChange(takesPlace), isHere, ...this.#release([entry.stanza])])
      return true
    } catch (error) {
      if (error instanceof ConditionFailed) return false
      throw error
    }
  }

  /** Removes the oldest entries of an archive; `atOnce`: at most so many with one group of statements. Answers how many there were. */
  async removeOldest(archive: number, most: number, atOnce = mostAtOnce): Promise<number> {
    let removed = 0
    while (removed < most) {
      const rows = await this.#db.q
        .selectFrom('mod_mam_entry')
        .select(['id', 'stanza'])
        .where('archive', '=', archive)
        .orderBy('id')
        .limit(Math.min(atOnce, mostAtOnce, most - removed))
        .execute()
      const last = rows.at(-1)
      if (last === undefined) break
      removed += rows.length
      await this.#db.atomic([
        this.#db.q.deleteFrom('mod_mam_entry').where('archive', '=', archive).where('id', '<=', last.id),
        ...this.#release(rows.map(({ stanza }) => stanza)),
      ])
    }
    return removed
  }

  /** One entry fewer for each of these messages. */
  #release(stanzas: readonly number[]) {
    const { q } = this.#db
    return [
      q
        .updateTable('mod_mam_stanza')
        .set((eb) => ({ copies: eb('copies', '-', 1) }))
        .where('id', 'in', stanzas),
      q
        .deleteFrom('mod_mam_words')
        .where('rowid', 'in', (eb) =>
          eb.selectFrom('mod_mam_stanza').select('id').where('id', 'in', stanzas).where('copies', '<=', 0),
        ),
      q.deleteFrom('mod_mam_stanza').where('id', 'in', stanzas).where('copies', '<=', 0),
    ]
  }
}
