import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import type { IqRequest } from '../../router/iq-registry.ts'
import type { Session } from '../../router/session.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Database } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import type { Element } from '../../xml/element.ts'
import type { ArchiveAccess, ArchiveAction } from './access.ts'
import { type ArchivePage, type ArchiveRequest, archiveFin, archiveLookup } from './api.ts'
import type { Archive } from './archive.ts'
import type { Meters } from './meters.ts'
import { mamNamespaces, mamNs } from './names.ts'
import type { ArchiveSettings } from './options.ts'
import type { PreferenceStore } from './preference-store.ts'
import { noPreferences, preferencesElement, readPreferences } from './preferences.ts'
import type { ArchivedMessage, Filter } from './reader.ts'
import { type RequestRules, readRequest, requestForm } from './request.ts'
import { finElement, metadataElement, resultMessage } from './results.ts'

/** An archive as one asker finds it. */
export interface ArchiveView {
  readonly owner: Jid
  /** True, or the reason why not. */
  readonly mayRead: true | string
  readonly maySetPreferences: true | string
  /** What the address in a question narrows; `nothing`: no message can be meant. */
  narrow(address: Jid): Promise<Pick<Filter, 'remote' | 'resource'> | 'nothing'>
  /** What is shown of a message; it is shown as it is stored where this is missing. */
  readonly present?: (stored: Stanza, message: ArchivedMessage) => Stanza
}

export interface DeskParts {
  readonly host: Host
  readonly db: Database<never>
  readonly archive: Archive
  readonly access: ArchiveAccess
  readonly settings: ArchiveSettings
  readonly preferences: PreferenceStore
  readonly meters: Meters
}

const actions: Readonly<Record<string, ArchiveAction>> = {
  'get query': 'get_message_form',
  'set query': 'set_message_form',
  'get metadata': 'get_metadata',
  'get prefs': 'get_prefs',
  'set prefs': 'set_prefs',
}

const emptyPage: ArchivePage = { messages: [], isComplete: true, count: 0 }

/** Answers what is asked of archives of one kind: of accounts or of rooms. */
export class ArchiveDesk {
  readonly #parts: DeskParts
  readonly #rules: RequestRules

  constructor(parts: DeskParts) {
    this.#parts = parts
    const { hasFullText, defaultLimit, maxLimit, onlySimple } = parts.settings
    this.#rules = { hasFullText, defaultLimit, maxLimit, onlySimple }
  }

  /** Whether a request is one for archives. */
  static answers({ name, ns }: { readonly name: string; readonly ns: string }): boolean {
    if (!mamNamespaces.some((known) => known === ns)) return false
    return name === 'query' || name === 'prefs' || (name === 'metadata' && ns === mamNs)
  }

  /** Answers a request; messages go to the asker before. Throws StanzaError. */
  async answer(request: IqRequest, session: Session | undefined, view: ArchiveView): Promise<Element | undefined> {
    const { type, payload, from } = request
    const action = actions[`${type} ${payload.name}`]
    if (action === undefined) throw new StanzaError('bad-request')
    const { access } = this.#parts
    const { domain } = view.owner
    access.check(action, from, domain, action === 'set_prefs' ? view.maySetPreferences : view.mayRead)
    await access.pace(action, from, domain)
    switch (action) {
      case 'get_message_form':
        return requestForm(payload.ns, this.#rules)
      case 'set_message_form':
        return this.#search(request, session, view)
      case 'get_metadata':
        return metadataElement(await this.#parts.archive.ends(view.owner), mamNs)
      case 'get_prefs':
        return this.#getPreferences(payload, view)
      case 'set_prefs':
        return this.#setPreferences(payload, view)
    }
  }

  async #search({ from, payload }: IqRequest, session: Session | undefined, view: ArchiveView): Promise<Element> {
    const { host, meters } = this.#parts
    const began = performance.now()
    const asked = { owner: view.owner, asker: from, query: payload, request: readRequest(payload, this.#rules) }
    await host.hooks.run(archiveLookup, asked)
    const { request } = asked
    const page = await this.#find(request, view)
    meters.lookedUp(page.messages.length, request.isSimple, performance.now() - began)
    const envelope = { from: view.owner, to: from, ns: payload.ns, queryId: request.queryId }
    const messages = request.isFlipped ? [...page.messages].reverse() : page.messages
    for (const message of messages) {
      const result = resultMessage(message, envelope, view.present)
      if (session === undefined) host.router.post(result)
      else session.post(result)
    }
    const fin = finElement(page, payload.ns, request.isFlipped)
    const more = await host.hooks.gather(archiveFin, { ...asked, page })
    return more.length === 0 ? fin : fin.withChildren([...fin.children, ...more])
  }

  async #find(request: ArchiveRequest, view: ArchiveView): Promise<ArchivePage> {
    const { archive } = this.#parts
    const { words, isSimple } = request
    await archive.settled(words !== undefined)
    const number = await archive.addresses.find(view.owner.bareString)
    const narrowed = request.with === undefined ? {} : await view.narrow(request.with)
    const isHopeless = number === undefined || narrowed === 'nothing' || words?.length === 0
    // Even where nothing can be found, ids that are named have to be there.
    const filter: Filter = {
      archive: number ?? 0,
      ...(narrowed === 'nothing' ? { remote: 0 } : narrowed),
      withoutGroupchat: request.withoutGroupchat,
      words: words === undefined || isHopeless ? undefined : archive.wordQuery(number, words),
      from: request.from,
      to: request.to,
    }
    const { ids, mustExist, max, after, before, index } = request
    const namesIds = ids !== undefined || mustExist.length > 0 || after !== undefined || typeof before === 'number'
    if (isHopeless && !namesIds) return isSimple ? { messages: [], isComplete: true } : emptyPage
    return archive.page({ filter, ids, mustExist, max, after, before, index, isSimple })
  }

  async #getPreferences({ ns }: Element, { owner }: ArchiveView): Promise<Element> {
    const { settings, preferences, meters } = this.#parts
    meters.gotPreferences()
    return preferencesElement(settings.hasPreferences ? await preferences.of(owner) : noPreferences, ns)
  }

  async #setPreferences(payload: Element, { owner }: ArchiveView): Promise<Element> {
    const { settings, preferences, meters, db } = this.#parts
    if (!settings.hasPreferences) throw new StanzaError('feature-not-implemented')
    const wanted = readPreferences(payload)
    mustAccept(db)
    await preferences.put(owner, wanted)
    meters.setPreferences()
    return preferencesElement(wanted, payload.ns)
  }
}
