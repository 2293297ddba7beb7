import type { Jid } from '../../jid/jid.ts'
import type { ModuleContext } from '../../module/context.ts'
import type { AccountReceives, UserSends } from '../../router/events.ts'
import type { Host } from '../../router/host.ts'
import { KnownAccounts } from '../../router/known-accounts.ts'
import { archivedBefore, archiveId, isRerouted, senderArchiveId } from '../../router/notes.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { formatStanzaId, stanzaIdText, withoutStanzaIds } from '../../stanza/stanza-id.ts'
import { stanzaKey, withNote } from '../../stanza/stanza-key.ts'
import type { Database } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import { rosterApi } from '../roster/api.ts'
import { stableId } from '../stanzaid/api.ts'
import { type ArchivingRules, isArchivable } from './archivable.ts'
import type { Archive } from './archive.ts'
import type { ArchiveCap } from './archive-cap.ts'
import type { NewMessage } from './batch.ts'
import type { Meters } from './meters.ts'
import type { ArchiveSettings } from './options.ts'
import type { Appended } from './parts.ts'
import type { PreferenceStore } from './preference-store.ts'
import { isWanted } from './preferences.ts'
import { retractionOf } from './retraction.ts'
import { flags } from './tables.ts'

/** What was stored of a message for its sender, so that its recipient can share it. */
const stored = stanzaKey<NewMessage>('mam.stored')

/** Where a message is in an archive; without the message where that has been there before. */
type Placed = Pick<Appended, 'id'> & Partial<Pick<Appended, 'message'>>

/** What has been there before says so. */
function marked(stanza: Stanza, { id, message }: Placed): Stanza {
  return message === undefined ? stanza.with(archivedBefore, id) : stanza
}

export interface PersonalParts {
  readonly host: Host
  readonly db: Database<never>
  readonly archive: Archive
  readonly cap: ArchiveCap
  readonly preferences: PreferenceStore
  readonly settings: ArchiveSettings
  readonly rules: ArchivingRules
  readonly meters: Meters
  /** Whether a message has the same id in both archives. */
  hasSameIds(): boolean
  readonly find: ModuleContext['find']
}

/** Archives what accounts send and receive. Handlers wait for nothing that is in memory already. */
export class PersonalArchive {
  readonly #parts: PersonalParts
  readonly #accounts: KnownAccounts

  constructor(parts: PersonalParts) {
    this.#parts = parts
    this.#accounts = new KnownAccounts(parts.host)
  }

  /** A client sends a message: it goes into the archive of its account. */
  sends(event: UserSends): Eventually<undefined> {
    const { stanza, session } = event
    if (stanza.kind !== 'message') return undefined
    const owner = session.jid
    event.stanza = withoutStanzaIds(stanza, owner)
    if (!isArchivable(stanza, this.#parts.rules, false) || stanza.get(senderArchiveId) !== undefined) return undefined
    mustAccept(this.#parts.db)
    const remote = stanza.to ?? owner.bare
    return afterwards(this.#isWanted(owner, remote), (isToBeKept) => {
      if (!isToBeKept) return undefined
      return afterwards(this.#append(event.stanza, owner, remote, flags.outgoing), (placed) => {
        const noted = withNote(event.stanza.notes, senderArchiveId, formatStanzaId(placed.id))
        event.stanza = marked(event.stanza.withNotes(withNote(noted, stored, placed.message)), placed)
        return undefined
      })
    })
  }

  /** A message arrives for an account: it goes into its archive, and tells the id that it has there. */
  receives(event: AccountReceives): Eventually<undefined> {
    const { stanza, account } = event
    if (stanza.kind !== 'message' || stanza.get(archiveId) !== undefined) return undefined
    event.stanza = withoutStanzaIds(stanza, account)
    const { from } = stanza
    if (stanza.get(isRerouted) || !isArchivable(stanza, this.#parts.rules, true)) return undefined
    if (from === undefined) return undefined
    if (from.bareString === account.bareString) {
      event.stanza = this.#told(event.stanza, account, stanza.get(senderArchiveId))
      return undefined
    }
    return afterwards(event.targets.length > 0 || this.#accounts.has(account), (isThere) =>
      afterwards(isThere && this.#isWanted(account, from), (isToBeKept) => {
        if (!isToBeKept) return undefined
        return afterwards(this.#append(event.stanza, account, from, 0), (placed) => {
          event.stanza = this.#told(marked(event.stanza, placed), account, formatStanzaId(placed.id))
          return undefined
        })
      }),
    )
  }

  /** Whether a message is of a kind that is archived; its recipient may have said that it is not to be. */
  mayKeep(message: Stanza): boolean {
    return isArchivable(message, this.#parts.rules, true)
  }

  /** An account is gone. */
  forgets(account: Jid): void {
    this.#accounts.forget(account)
  }

  /** A domain is gone with all its accounts. */
  forgetsDomain(domain: string): void {
    this.#accounts.forgetDomain(domain)
  }

  #isWanted(owner: Jid, remote: Jid): Eventually<boolean> {
    const { settings, preferences, find } = this.#parts
    if (!settings.hasPreferences) return true
    return afterwards(preferences.of(owner), (wanted) =>
      isWanted(wanted, remote, () =>
        afterwards(find(rosterApi)?.load(owner.bare), (roster) => roster?.stateOf(remote).from === true),
      ),
    )
  }

  /** The message with its id in the archive of who receives it. What somebody writes to himself has it since it was sent. */
  #told(stanza: Stanza, owner: Jid, id: string | undefined): Stanza {
    if (id === undefined) return stanza
    const noted = stanza.withNotes(withNote(withNote(stanza.notes, archiveId, id), stored, undefined))
    return this.#parts.settings.hasStanzaIds ? noted.prepend(stanzaIdText(owner, id)) : noted
  }

  /** Puts a message into an archive, unless it is there already since it was sent for the first time. */
  #append(stanza: Stanza, owner: Jid, remote: Jid, direction: number): Eventually<Placed> {
    const { archive, settings } = this.#parts
    const kind = direction | (stanza.type === 'groupchat' ? flags.groupchat : 0)
    return afterwards(archive.repeated(stanza, owner, remote), (known) => {
      const placed = known === undefined ? this.#appendNew(stanza, owner, remote, kind) : { id: known }
      const retraction = settings.retraction ? retractionOf(stanza) : undefined
      if (retraction !== undefined) {
        stanza.causes(archive.retract(retraction, { owner, remote, flags: kind, id: placed.id }, stanza))
      }
      return placed
    })
  }

  #appendNew(stanza: Stanza, owner: Jid, remote: Jid, kind: number): Placed {
    const { archive, cap, meters } = this.#parts
    const appended = archive.append({
      owner,
      remote,
      resource: remote.resource,
      flags: kind,
      id: this.#idOf(stanza),
      stanza,
      origin: stanza.origin,
      shared: stanza.get(stored),
    })
    meters.archived()
    if (stanza.ticket !== undefined) stanza.causes(appended.written)
    cap.grows(owner, appended.written)
    return appended
  }

  /** The id that a message has already: that of mod_stanzaid, or of the archive of its sender. */
  #idOf(stanza: Stanza): number | undefined {
    const id = stanza.get(stableId)
    if (id !== undefined || !this.#parts.hasSameIds()) return id
    const sender = stanza.get(senderArchiveId)
    return sender === undefined ? undefined : Number.parseInt(sender, 32)
  }
}
