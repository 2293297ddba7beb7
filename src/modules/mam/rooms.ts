import { Jid } from '../../jid/jid.ts'
import { subdomainOf } from '../../module/subdomain.ts'
import type { IqRequest } from '../../router/iq-registry.ts'
import { archivedBefore, archiveId } from '../../router/notes.ts'
import type { Session } from '../../router/session.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { formatStanzaId, stanzaIdText, withoutStanzaIds } from '../../stanza/stanza-id.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import { type Element, el } from '../../xml/element.ts'
import { stableId } from '../stanzaid/api.ts'
import type { ArchivedStanza, HistoryRequest, RoomAccess, RoomArchives, RoomMessage } from './api.ts'
import { type ArchivingRules, isArchivableInRoom } from './archivable.ts'
import type { ArchiveCap } from './archive-cap.ts'
import { ArchiveDesk, type ArchiveView, type DeskParts } from './desk.ts'
import { historyOf } from './history.ts'
import { parseMessageId } from './message-id.ts'
import { mucUserNs } from './names.ts'
import { ArchiveImport, resultsOf } from './portable.ts'
import { isWanted } from './preferences.ts'
import type { ArchivedMessage } from './reader.ts'
import { retractionOf } from './retraction.ts'
import { flags } from './tables.ts'

export interface RoomParts extends DeskParts {
  readonly cap: ArchiveCap
  readonly rules: ArchivingRules
  readonly features: readonly string[]
  /** Address of the service, with `@HOST@` for the domain. */
  readonly template: string
  readonly removeLimit: number
}

/** The archives of rooms. */
export class RoomArchive implements RoomArchives {
  readonly features: readonly string[]
  readonly #parts: RoomParts
  readonly #desk: ArchiveDesk
  readonly #imports: ArchiveImport
  /** Services that have been asked for, and whether they are archived. */
  readonly #known = new Map<string, boolean>()

  constructor(parts: RoomParts) {
    this.#parts = parts
    this.#desk = new ArchiveDesk(parts)
    this.#imports = new ArchiveImport(parts.archive, parts.cap)
    this.features = parts.features
  }

  serves(serviceDomain: string): boolean {
    const known = this.#known.get(serviceDomain)
    if (known !== undefined) return known
    const { host, template } = this.#parts
    const owner = host.router.ownerOf(serviceDomain)
    // A service that belongs to no domain more than to others stands for itself.
    const isOurs = owner === serviceDomain ? host.router.isOwn(owner) : host.domains.has(owner)
    const serves = isOurs && subdomainOf(template, owner).domain === serviceDomain
    // What is not served now may be later.
    if (isOurs) this.#known.set(serviceDomain, serves)
    return serves
  }

  append(message: RoomMessage): Eventually<Stanza> {
    const { rules, db, settings, preferences } = this.#parts
    const { room } = message
    const stanza = withoutStanzaIds(message.stanza, room)
    if (stanza.get(archiveId) !== undefined || !isArchivableInRoom(stanza, rules)) return stanza
    mustAccept(db)
    if (!settings.hasPreferences) return this.#keep(stanza, message)
    // A room has no roster: everybody in it is one of its contacts.
    const wanted = afterwards(preferences.of(room), (own) => isWanted(own, stanza.from ?? room, () => true))
    return afterwards(wanted, (isToBeKept) => (isToBeKept ? this.#keep(stanza, message) : stanza))
  }

  answers(payload: { readonly name: string; readonly ns: string }): boolean {
    return ArchiveDesk.answers(payload)
  }

  answer(request: IqRequest, session: Session | undefined, access: RoomAccess): Promise<Element | undefined> {
    return this.#desk.answer(request, session, this.#view(request.to.bare, request.from, access))
  }

  async find(room: Jid, id: string): Promise<{ sender: string; stanza: Stanza } | undefined> {
    const found = await this.#parts.archive.find(room, parseMessageId(id))
    if (found === undefined) return undefined
    const stanza = Stanza.fromBytes(found.bytes, Jid.parse)
    return { sender: senderOf(stanza), stanza: stanza.without(isMucUser) }
  }

  tombstone(room: Jid, id: string, retracted: Element): Promise<boolean> {
    return this.#parts.archive.replace(room, parseMessageId(id), () => retracted)
  }

  history(room: Jid, request: HistoryRequest): Promise<readonly ArchivedStanza[]> {
    return historyOf(this.#parts.archive, room, request)
  }

  count(room: Jid): Promise<number> {
    return this.#parts.archive.count(room)
  }

  exported(room: Jid): AsyncIterable<Element> {
    return resultsOf(this.#parts.archive, room)
  }

  imported(room: Jid, result: Element, isDryRun: boolean): Promise<void> {
    return this.#imports.put(room, result, {
      isDryRun,
      placeOf: (stanza) => ({
        remote: Jid.tryParse(senderOf(stanza)) ?? room,
        resource: stanza.from?.resource ?? '',
        flags: flags.room,
      }),
    })
  }

  async remove(room: Jid): Promise<void> {
    const { archive, preferences, meters, removeLimit } = this.#parts
    await archive.remove(room, removeLimit)
    await preferences.forget(room)
    meters.removed()
  }

  /** What is stored tells who it was, in an element that nobody else can have put there (XEP-0313 §5.1.2). */
  #keep(stanza: Stanza, message: RoomMessage): Eventually<Stanza> {
    const { archive, settings } = this.#parts
    const { room, sender } = message
    return afterwards(archive.repeated(stanza, room, sender), (known) => {
      const id = known ?? this.#append(stanza, message)
      const retraction = settings.retraction ? retractionOf(stanza) : undefined
      if (retraction !== undefined) {
        stanza.causes(archive.retract(retraction, { owner: room, remote: sender, flags: flags.room, id }, stanza))
      }
      const text = formatStanzaId(id)
      const noted = (known === undefined ? stanza : stanza.with(archivedBefore, known)).with(archiveId, text)
      return settings.hasStanzaIds ? noted.prepend(stanzaIdText(room, text)) : noted
    })
  }

  #append(stanza: Stanza, { room, sender, affiliation, role }: RoomMessage): number {
    const { archive, cap, meters } = this.#parts
    const item = el('item', mucUserNs, { affiliation, jid: sender.full, role })
    const stored = stanza
      .without(isMucUser)
      .readdressed(stanza.from, undefined)
      .append(el('x', mucUserNs, item))
    const { id, written } = archive.append({
      owner: room,
      remote: sender,
      resource: stanza.from?.resource ?? '',
      flags: flags.room,
      id: stanza.get(stableId),
      stanza: stored,
      origin: stanza.origin,
    })
    meters.archived()
    stanza.causes(written)
    cap.grows(room, written)
    return id
  }

  #view(room: Jid, asker: Jid, { mayRead, isOwner, seesAddresses }: RoomAccess): ArchiveView {
    return {
      owner: room,
      mayRead,
      maySetPreferences: isOwner ? true : 'Only owners may do so.',
      narrow: (address) => this.#narrow(room, address, seesAddresses),
      present(stored) {
        const isShown = seesAddresses || Jid.tryParse(senderOf(stored))?.bareString === asker.bareString
        return (isShown ? stored : stored.without(isMucUser)).readdressed(stored.from, undefined)
      },
    }
  }

  /** By nick; by the account only for those who see it anyway (XEP-0313 §4.1.1). */
  async #narrow(room: Jid, address: Jid, seesAddresses: boolean) {
    if (address.resource !== '') return { resource: address.resource }
    if (address.bareString === room.bareString) return {}
    if (!seesAddresses) return 'nothing' as const
    const remote = await this.#parts.archive.addresses.find(address.bareString)
    return remote === undefined ? ('nothing' as const) : { remote }
  }
}

function isMucUser({ name, ns }: { readonly name: string; readonly ns: string }): boolean {
  return name === 'x' && ns === mucUserNs
}

/** The real address of who sent a stored message. */
function senderOf(stored: Stanza): string {
  return stored.child('x', mucUserNs)?.child('item')?.attr('jid') ?? ''
}

/** The personal data in a message of a room. */
export function roomRow({ id, bytes }: ArchivedMessage): Record<string, unknown> {
  return { id, message: bytes.toString('utf8') }
}
