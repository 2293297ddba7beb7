import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { afterwards, type Eventually, letRun } from '../../util/settled.ts'
import type { Element } from '../../xml/element.ts'
import { type Ancestor, audienceOf, plainAudience, type Recipient, withoutCovered } from './core/audience.ts'
import type { PubsubNode } from './core/node.ts'
import { headersElement, type NoticeKind, noticeOf, replyTo } from './core/notice.ts'
import type { World } from './world.ts'

/** Something to tell about a node. */
export interface News {
  readonly node: PubsubNode
  /** The collections that the node is in. */
  readonly ancestors: readonly Ancestor[]
  readonly kind: NoticeKind
  readonly content: readonly Element[]
  /** The client that did it, named as whom to answer. */
  readonly publisher?: Jid | undefined
}

/** Tells of what has happened to nodes: one text for all, where only the address differs. */
export class Notifier {
  readonly #host: Host
  readonly #world: World
  readonly #told: (messages: number) => void

  /** `told`: how many messages have been sent. */
  constructor(host: Host, world: World, told: (messages: number) => void) {
    this.#host = host
    this.#world = world
    this.#told = told
  }

  /** Tells subscribers, and for a node of an account the clients that want to hear. A promise settles when all have been told. */
  tell(news: News): Eventually<void> {
    const { node, content, publisher } = news
    if (!node.config.deliver_notifications) return undefined
    const plain = noticeOf(node, ...content)
    const stanza = node.isPersonal && publisher !== undefined ? plain.append(replyTo(publisher)) : plain
    if (!node.isPersonal) return this.#spread(news, stanza, [])
    const interested = this.#interestedIn(node)
    return afterwards(interested, (clients) => this.#spread(news, stanza, clients))
  }

  /** While the roster cannot be read, only who has subscribed is told. */
  #interestedIn(node: PubsubNode): Eventually<readonly Jid[]> {
    const clients = this.#world.interestedIn(node)
    return clients instanceof Promise ? clients.catch(() => []) : clients
  }

  #spread({ node, ancestors, kind }: News, stanza: Stanza, clients: readonly Jid[]): Eventually<void> {
    const waits: Promise<void>[] = []
    for (const client of clients) this.#send(stanza, client, waits)
    const telling = { node, ancestors, kind, now: this.#host.clock.now(), presences: this.#world }
    const everybody = clients.length === 0 ? plainAudience(telling) : undefined
    if (everybody !== undefined) {
      for (const jid of everybody) this.#send(stanza, jid, waits)
      this.#told(everybody.length)
    } else {
      const recipients = withoutCovered(audienceOf(telling), clients)
      for (const recipient of recipients) this.#send(withHeaders(stanza, recipient), recipient.jid, waits)
      this.#told(recipients.length + clients.length)
    }
    return waits.length === 0 ? undefined : Promise.allSettled(waits).then(() => undefined)
  }

  /** Sends a message to one address. */
  post(stanza: Stanza, to: Jid): void {
    this.#told(1)
    this.#host.router.post(stanza.readdressed(stanza.from, to))
  }

  /** What one of them has against it does not concern the others. */
  #send(stanza: Stanza, to: Jid, waits: Promise<void>[]): void {
    letRun(
      () => {
        const wait = this.#host.router.route(stanza.readdressed(stanza.from, to))
        if (wait !== undefined) waits.push(wait)
      },
      () => {},
    )
  }
}

function withHeaders(stanza: Stanza, { subids, collection }: Recipient): Stanza {
  const headers = subids.length > 1 ? subids.map((value) => ({ name: 'SubID', value })) : []
  if (collection !== undefined) headers.push({ name: 'Collection', value: collection })
  return headers.length === 0 ? stanza : stanza.append(headersElement(headers))
}
