import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { el } from '../../xml/element.ts'
import { newItem, type Roster, type RosterItem } from './roster.ts'
import type { Change, RosterService } from './service.ts'
import { afterReceiving, afterSending, encodeState, type SubscriptionVerb } from './subscription.ts'

/** Handles requests for presence and their answers, in both directions (RFC 6121 §3). */
export class SubscriptionDesk {
  readonly #host: Host
  readonly #service: RosterService

  constructor(host: Host, service: RosterService) {
    this.#host = host
    this.#service = service
  }

  /** A user's subscription presence: the roster changes, then it goes to the contact from the user's bare address. */
  async send(stanza: Stanza): Promise<void> {
    const { from, to } = stanza
    if (from === undefined || to === undefined || to.bareString === from.bareString) return
    if ((await this.#service.load(from.bare)).isShared(to)) {
      await this.#host.router.route(stanza.readdressed(from.bare, to.bare))
      return
    }
    const verb = stanza.type as SubscriptionVerb
    const decide = (roster: Roster): Change => {
      const item = roster.get(to.bare) ?? newItem(to.bare)
      const state = afterSending(item.state, verb)
      if (encodeState(state) === encodeState(item.state)) return undefined
      const isListed = item.isListed || verb === 'subscribe' || verb === 'subscribed'
      return keepOrDrop({ ...item, state, isListed, request: state.pendingIn ? item.request : undefined })
    }
    await this.#service.change(from.bare, decide, () => this.#host.router.route(stanza.readdressed(from.bare, to.bare)))
  }

  /** Presence that came for a user; true when the user's sessions are to see it. */
  async receive(account: Jid, stanza: Stanza): Promise<boolean> {
    const contact = stanza.from?.bare
    if (contact === undefined || contact.bareString === account.bareString) return false
    if ((await this.#service.load(account)).isShared(contact)) return false
    const verb = stanza.type as SubscriptionVerb
    let outcome: ReturnType<typeof afterReceiving> | undefined
    await this.#service.change(account, (roster) => {
      const item = roster.get(contact) ?? newItem(contact)
      outcome = afterReceiving(item.state, verb)
      if (encodeState(outcome.state) === encodeState(item.state)) return undefined
      const request = outcome.state.pendingIn ? (item.request ?? requestOf(stanza)) : undefined
      return keepOrDrop({ ...item, state: outcome.state, request })
    })
    if (outcome?.reply !== undefined) {
      this.#host.router.post(Stanza.make('presence', { type: outcome.reply, from: account, to: contact }))
    }
    return outcome?.deliver ?? false
  }

  /** Tells a contact that is no longer in the roster that the subscriptions are over. */
  async cancel(account: Jid, item: RosterItem): Promise<void> {
    const { state, jid } = item
    if (state.to || state.pendingOut) await this.#tell('unsubscribe', account, jid)
    if (state.from || state.pendingIn) await this.#tell('unsubscribed', account, jid)
  }

  async #tell(type: SubscriptionVerb, from: Jid, to: Jid): Promise<void> {
    await this.#host.router.route(Stanza.make('presence', { type, from: from.bare, to: to.bare }))
  }
}

/** An item that was never more than a request is dropped when the request is gone. */
function keepOrDrop(item: RosterItem): Change {
  return item.isListed || encodeState(item.state) !== 0 ? { put: item } : { remove: item }
}

/** The part of a request that is shown again at each sign-in until it is answered. */
function requestOf(stanza: Stanza) {
  return el('presence', NS.client, { id: stanza.id, 'xml:lang': stanza.lang }, stanza.elements())
}
