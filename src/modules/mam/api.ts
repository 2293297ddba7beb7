import { z } from 'zod'
import { chain, collect } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { dateTime, posInt, userJid } from '../../module/scalars.ts'
import type { IqRequest } from '../../router/iq-registry.ts'
import type { Session } from '../../router/session.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import type { Eventually } from '../../util/settled.ts'
import type { Element } from '../../xml/element.ts'
import { fromWire } from '../../xml/wire.ts'
import type { ArchivePage } from './lookup.ts'
import type { ArchiveRequest } from './request.ts'

export type { ArchivePage } from './lookup.ts'
export type { ArchiveRequest } from './request.ts'

/** A question to an archive is about to be answered; a handler may put another in its place. */
export interface ArchiveAsked {
  readonly owner: Jid
  readonly asker: Jid
  /** `<query/>` as it was sent. */
  readonly query: Element
  request: ArchiveRequest
}
export const archiveLookup = chain<ArchiveAsked>('archiveLookup', { slots: ['main'], onFailure: 'abort' })

/** A question to an archive has been answered: what else stands in `<fin/>`. */
export interface ArchiveAnswered extends Readonly<ArchiveAsked> {
  readonly page: ArchivePage
}
export const archiveFin = collect<ArchiveAnswered, Element>('archiveFin', { slots: ['main'] })

/** A message of an archive for those who are no XMPP clients. */
export interface ArchivedStanza {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly stanza: Stanza
}

/** Which messages are asked for, newest last. */
export interface HistoryRequest {
  readonly with?: Jid | undefined
  readonly limit: number
  /** Milliseconds since the epoch: none from this moment on. */
  readonly before?: number | undefined
}

/** A message that a room is about to send to its members. */
export interface RoomMessage {
  readonly room: Jid
  /** From the occupant's address in the room, or from the room itself. */
  readonly stanza: Stanza
  /** The full address of who sent it; the room for what it says itself. */
  readonly sender: Jid
  readonly affiliation: string
  readonly role: string
}

/** What somebody may do with the archive of a room, as the room sees it. */
export interface RoomAccess {
  /** True, or the reason why not. */
  readonly mayRead: true | string
  readonly isOwner: boolean
  /** Whether the real addresses of everybody are shown: in a room that is not anonymous, and to moderators. */
  readonly seesAddresses: boolean
}

/** Archives of rooms. What a room is and who may do what in it, the module of the room says. */
export interface RoomArchives {
  /** What a room announces (disco). */
  readonly features: readonly string[]
  /** Whether rooms of this service are archived. */
  serves(serviceDomain: string): boolean
  /**
   * Archives a message if it is one to be archived, and gives it as it is to be sent: with its id. Takes retractions back.
   * Throws StorageUnavailable, before anything has happened, while nothing can be stored.
   */
  append(message: RoomMessage): Eventually<Stanza>
  /** Whether a request to a room is for its archive. */
  answers(payload: { readonly name: string; readonly ns: string }): boolean
  /** Answers such a request. Throws StanzaError. */
  answer(request: IqRequest, session: Session | undefined, access: RoomAccess): Promise<Element | undefined>
  /** Who sent a message, and the message; undefined where it is not in the archive. */
  find(room: Jid, id: string): Promise<{ readonly sender: string; readonly stanza: Stanza } | undefined>
  /** Puts `<retracted/>` in the place of a message (XEP-0425 §4); false where it is not there, or gone already. */
  tombstone(room: Jid, id: string, retracted: Element): Promise<boolean>
  history(room: Jid, request: HistoryRequest): Promise<readonly ArchivedStanza[]>
  count(room: Jid): Promise<number>
  /** All messages of a room, oldest first, each as `<result/>`. */
  exported(room: Jid): AsyncIterable<Element>
  /** Takes a message that was exported, once. Throws an Error for what is none. */
  imported(room: Jid, result: Element, isDryRun: boolean): Promise<void>
  /** Removes everything, preferences included: the room has been forgotten. */
  remove(room: Jid): Promise<void>
}

/** What other modules may ask of the archive. */
export interface MamApi {
  /** Undefined where rooms are not archived. */
  readonly rooms: RoomArchives | undefined
  /** Whether messages of accounts are archived. */
  readonly archivesAccounts: boolean
  /** The last messages of an account's archive, oldest first. */
  history(account: Jid, request: HistoryRequest): Promise<readonly ArchivedStanza[]>
  /** Whether an account exists. */
  hasUser(account: Jid): Promise<boolean>
}
export const mamApi = moduleApi<MamApi>('mod_mam')

/** Most messages that a command gives at once. */
export const mostShown = 500

/** Messages of an archive as commands give them. */
export const shownStanzas = z.array(
  z.strictObject({ sender: z.string(), timestamp: z.string(), stanza_id: z.string(), stanza: z.string() }),
)

/** Writes messages as commands give them. */
export function showStanzas(messages: readonly ArchivedStanza[]): z.input<typeof shownStanzas> {
  return messages.map(({ id, at, stanza }) => ({
    sender: stanza.from?.full ?? '',
    timestamp: formatTimestamp(at),
    stanza_id: id,
    stanza: fromWire(stanza.toWire('framed')),
  }))
}

/** What the commands that show the messages of a room are given. */
export const messagesInput = z.strictObject({
  room: userJid().describe('Address of the room.'),
  pageSize: posInt().default(50).describe('Most messages to show.'),
  before: dateTime().optional().describe('Only messages from before this moment.'),
})

/** What they answer. */
export const messagesOutput = z.strictObject({ stanzas: shownStanzas, limit: z.int() })

/** The last messages in the archive of a room, oldest first. Throws CommandError `deps_not_loaded`. */
export async function lastMessages(
  { room, pageSize, before }: z.output<typeof messagesInput>,
  services: ModuleServices,
): Promise<z.input<typeof messagesOutput>> {
  const limit = Math.min(pageSize, mostShown)
  const archives = services.domainsWith(mamApi).map((each) => services.api(each, mamApi).rooms)
  const archive = archives.find((each) => each?.serves(room.domain) === true)
  if (archive === undefined)
    throw new CommandError('deps_not_loaded', 'Rooms have no archive here', { not_loaded_modules: ['mod_mam_muc'] })
  return { stanzas: showStanzas(await archive.history(room, { limit, before })), limit }
}
