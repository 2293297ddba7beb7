import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import type { IqRequest } from '../../router/iq-registry.ts'
import type { Session } from '../../router/session.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Database } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import { type Element, el } from '../../xml/element.ts'
import { inboxResult } from './api.ts'
import { readChange, remoteOf } from './conversation-request.ts'
import { forwardedElement, noticeOf, propertyElements, resultMessage, Tally } from './format.ts'
import { conversationForm, inboxForm } from './forms.ts'
import type { Listing } from './listing.ts'
import { conversationNs, inboxNs } from './names.ts'
import type { Notices } from './notices.ts'
import { badRequest, readQuestion } from './request.ts'
import type { InboxStore, StoredConversation } from './store.ts'

/** Conversations that are read at once. */
const portion = 200

export interface DeskParts {
  readonly host: Host
  readonly db: Pick<Database, 'canAccept'>
  readonly store: InboxStore
  readonly notices: Notices
  readonly boxes: readonly string[]
  /** Most conversations in an answer. */
  maxResults(): number
}

/** Answers what users ask of their own inboxes. */
export class InboxDesk {
  readonly #parts: DeskParts

  constructor(parts: DeskParts) {
    this.#parts = parts
  }

  form(): Element {
    return inboxForm(this.#parts.boxes)
  }

  /** Sends the conversations that are asked for, then says which they were. */
  async list(request: IqRequest, session: Session | undefined): Promise<Element> {
    const { store, boxes, maxResults } = this.#parts
    const { payload, from, stanza } = request
    const { filter, max: asked, after, before } = readQuestion(payload, boxes)
    const max = Math.min(asked, maxResults())
    await store.settled()
    const whole: Listing = {
      ...filter,
      owner: from.bare,
      after,
      before: before === 'end' ? undefined : before,
    }
    const isFromTheEnd = before !== undefined && max > 0 && Number.isFinite(max)
    const start = isFromTheEnd ? await store.startOfLast(whole, max) : undefined
    const tally = new Tally()
    const queryId = payload.attr('queryid') ?? stanza.id
    for await (const conversation of this.#read({ ...whole, from: start }, max)) {
      tally.add(conversation)
      const shown = await this.#shown(from.bare, conversation)
      const message = resultMessage(conversation, { owner: from.bare, to: from, queryId }, shown)
      if (session === undefined) this.#parts.host.router.post(message)
      else session.post(message)
    }
    return tally.toElement()
  }

  /** Shows one conversation, or what can be asked of one. */
  async show({ payload, from }: IqRequest): Promise<Element> {
    const jid = payload.attr('jid')
    const owner = from.bare
    const remote = jid === undefined ? undefined : readable(payload)
    if (remote === undefined) return conversationForm(this.#parts.boxes)
    const found = await this.#parts.store.find({ owner, remote })
    if (found === undefined) throw new StanzaError('item-not-found', { text: 'Entry not found' })
    const isComplete = payload.attr('complete') === 'true' || payload.attr('complete') === '1'
    const shown = isComplete ? await this.#shown(owner, found) : { now: this.#now }
    return el(
      'query',
      conversationNs,
      { jid: remote.bareString },
      isComplete ? forwardedElement(found, owner) : undefined,
      propertyElements(conversationNs, found, shown),
    )
  }

  /** Changes one conversation, and tells every client of the account. */
  async change({ payload, from, stanza }: IqRequest): Promise<void> {
    const conversation = { owner: from.bare, remote: remoteOf(payload) }
    const now = this.#now
    const change = readChange(payload, this.#parts.boxes, now)
    mustAccept(this.#parts.db)
    const properties = await this.#parts.store.change(conversation, change)
    if (properties === undefined) throw badRequest('item-not-found')
    const queryId = payload.attr('queryid') ?? stanza.id
    this.#parts.notices.send(noticeOf(conversation, properties, { from, id: stanza.id, queryId, now }))
  }

  /** The older way to say that everything has been read. */
  async reset({ payload, from }: IqRequest): Promise<Element> {
    const remote = remoteOf(payload)
    mustAccept(this.#parts.db)
    await this.#parts.store.change({ owner: from.bare, remote }, { isRead: true })
    return el('reset', conversationNs)
  }

  async emptyBin({ from }: IqRequest): Promise<Element> {
    mustAccept(this.#parts.db)
    const { domain, local } = from
    const deleted = await this.#parts.store.emptyBin({ domain, local })
    return el('empty-bin', inboxNs, el('num', inboxNs, String(deleted)))
  }

  /** Reads in portions, so that no answer has to fit into memory. */
  async *#read(listing: Listing, max: number): AsyncGenerator<StoredConversation> {
    for (let left = max, rest = listing; left > 0; ) {
      const most = Math.min(left, portion)
      const found = await this.#parts.store.list(rest, most)
      yield* found
      const last = found.at(-1)
      if (last === undefined || found.length < most) return
      left -= found.length
      rest = { ...rest, from: undefined, after: { at: last.at, remote: last.remote.bareString } }
    }
  }

  async #shown(owner: Jid, { remote }: StoredConversation) {
    const { hooks } = this.#parts.host
    const more = hooks.has(inboxResult) ? await hooks.gather(inboxResult, { owner, remote }) : []
    return { now: this.#now, more }
  }

  /** Microseconds since the epoch. */
  get #now(): number {
    return this.#parts.host.clock.now() * 1000
  }
}

/** Whose conversation is meant, if that is an address. */
function readable(payload: Element): Jid | undefined {
  try {
    return remoteOf(payload)
  } catch {
    return undefined
  }
}
