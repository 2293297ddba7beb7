import { Jid } from '../../jid/jid.ts'
import type { ExportedPart, Imported, ImportedElement } from '../../router/events.ts'
import { formatMicros, parseTimestamp } from '../../stanza/delay.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { Lru } from '../../util/lru.ts'
import { KeyedMailbox } from '../../util/mailbox.ts'
import { type Element, el } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { serialise } from '../../xml/serialise.ts'
import { wireBytes } from '../../xml/wire.ts'
import type { Archive } from './archive.ts'
import type { ArchiveCap } from './archive-cap.ts'
import { noLaterId } from './message-id.ts'
import { forwardNs, mamNs } from './names.ts'
import { resultElement } from './results.ts'
import { flags } from './tables.ts'

/** What archives stand in (XEP-0227 §4.12). */
const container = el('archive', `${NS.portable}#mam`)

/** The archive of a user, read page by page as it is written. */
export async function archivePart(archive: Archive, user: Jid): Promise<ExportedPart | undefined> {
  if ((await archive.ends(user)) === undefined) return undefined
  return { container, elements: resultsOf(archive, user) }
}

/** All messages of an archive, each as `<result/>`. */
export async function* resultsOf(archive: Archive, owner: Jid): AsyncGenerator<Element> {
  for await (const message of archive.all(owner)) yield resultElement(message, mamNs)
}

/** A message of a document. */
interface Portable {
  readonly message: Element
  /** The first and the last id that a message of its time can have, in microseconds. */
  readonly from: number
  readonly to: number
  /** The id that it had, if that is one of ours. */
  readonly id: number | undefined
}

/** By what a message is found in an archive. */
interface Place {
  readonly remote: Jid
  readonly resource: string
  readonly flags: number
}

/** The messages that an archive has of one moment: by id, and their texts. */
interface Moment {
  readonly from: number
  readonly ids: Set<number>
  readonly texts: Set<string>
}

/** Users whose moment is remembered; more than are read in at a time. */
const remembered = 1000

/**
 * Takes archives from documents. Ids of ours are kept; others are made anew from the time of the message, in the order of the
 * document, so that a message that is read in twice is known by its text and its time.
 */
export class ArchiveImport {
  readonly #archive: Archive
  readonly #cap: ArchiveCap
  readonly #mailbox = new KeyedMailbox()
  readonly #moments = new Lru<string, Moment>(remembered)

  constructor(archive: Archive, cap: ArchiveCap) {
    this.#archive = archive
    this.#cap = cap
  }

  async take({ user, element, container: outer, isDryRun }: ImportedElement): Promise<Imported | undefined> {
    if (outer?.is(container.name, container.ns) !== true) return undefined
    await this.put(user, element, { isDryRun, placeOf: (stanza) => placeOf(user, stanza) })
    return { kind: 'archived messages', count: 1 }
  }

  /** Takes a message of any archive; `placeOf` says where in it the message belongs. Throws StanzaError. */
  async put(
    owner: Jid,
    result: Element,
    { isDryRun, placeOf: at }: { isDryRun: boolean; placeOf(stanza: Stanza): Place },
  ): Promise<void> {
    const portable = portableOf(result)
    const stanza = stanzaOf(portable.message)
    const place = at(stanza)
    if (isDryRun) return
    await (await this.#mailbox.run(owner.bareString, () => this.#add(owner, portable, { stanza, place })))?.written
  }

  /** Gives a message its id; what is written is waited for outside, together with what others write. */
  async #add(
    owner: Jid,
    portable: Portable,
    { stanza, place }: { stanza: Stanza; place: Place },
  ): Promise<{ written: Promise<void> } | undefined> {
    const moment = await this.#momentOf(owner, portable)
    const text = textOf(stanza.toBytes())
    const isThere = portable.id === undefined ? moment.texts.has(text) : moment.ids.has(portable.id)
    if (isThere) return undefined
    const id = portable.id ?? Math.max(portable.from, ...[...moment.ids].map((other) => other + 1))
    moment.ids.add(id)
    moment.texts.add(text)
    const written = this.#archive.insert({ owner, ...place, id, stanza })
    this.#cap.grows(owner, written)
    return { written }
  }

  async #momentOf(user: Jid, { from, to }: Portable): Promise<Moment> {
    const known = this.#moments.get(user.bareString)
    if (known?.from === from) return known
    // What was read in before, or has just been archived, is to be found.
    if (known === undefined || from < known.from) await this.#archive.settled(false)
    const moment = { from, ids: new Set<number>(), texts: new Set<string>() }
    for await (const { id, bytes } of this.#archive.between(user, from, to)) {
      moment.ids.add(id)
      moment.texts.add(textOf(bytes))
    }
    this.#moments.set(user.bareString, moment)
    return moment
  }
}

/** Where a message belongs in the archive of a user. */
function placeOf(user: Jid, stanza: Stanza): Place {
  const isOutgoing = stanza.from?.bareString === user.bareString
  const remote = (isOutgoing ? stanza.to : stanza.from) ?? user
  const kind = (isOutgoing ? flags.outgoing : 0) | (stanza.type === 'groupchat' ? flags.groupchat : 0)
  return { remote, resource: remote.resource, flags: kind }
}

/** The text of a stored message as it is compared. */
function textOf(bytes: Buffer): string {
  return serialise(parseElement(bytes.toString('utf8')))
}

/** Reads `<result/>`. Throws StanzaError `bad-request` for what is none. */
function portableOf(result: Element): Portable {
  const forwarded = result.name === 'result' ? result.child('forwarded', forwardNs) : undefined
  const message = forwarded?.child('message', NS.client)
  const stamp = forwarded?.child('delay', NS.delay)?.attr('stamp') ?? ''
  const ms = parseTimestamp(stamp)
  if (message === undefined || ms === undefined || ms <= 0 || ms * 1000 >= noLaterId) {
    throw new StanzaError('bad-request', { text: 'an archived message that is no message, or without its time' })
  }
  const id = Number.parseInt(result.attr('id') ?? '', 32)
  const isOurs = id > 0 && id < noLaterId && formatMicros(id) === stamp
  const from = ms * 1000
  return { message, from, to: from + (stamp.includes('.') ? 999 : 999_999), id: isOurs ? id : undefined }
}

/** Throws StanzaError `jid-malformed` for a message without a sender. */
function stanzaOf(message: Element): Stanza {
  const from = Jid.tryParse(message.attr('from') ?? '')
  const to = Jid.tryParse(message.attr('to') ?? '')
  if (from === undefined) throw new StanzaError('jid-malformed', { text: 'an archived message from nobody' })
  const plain = message.withAttrs({ from: undefined, to: undefined })
  return Stanza.fromBytes(wireBytes(serialise(plain)), Jid.parse).readdressed(from, to)
}
