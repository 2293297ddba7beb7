import { Jid } from '../../jid/jid.ts'
import type { Router } from '../../router/router.ts'
import { NS } from '../../stanza/namespaces.ts'
import type { Clock } from '../../util/clock.ts'
import { Lru } from '../../util/lru.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import { el } from '../../xml/element.ts'
import { type Announcement, isProvenBy, keyOf } from './announcement.ts'
import type { Features } from './api.ts'
import { featuresOf } from './hash-input-v1.ts'
import type { KnownFeatures } from './known-features.ts'

/** Answers with more features than this are not kept: no client has so many. */
const maxFeatures = 1000
/** How long a client of another server is left alone after it gave no usable answer, in milliseconds. */
const remotePause = 600_000
const rememberedFailures = 10_000

/** A question that may have to be put to a client. */
export interface Inquiry {
  /** The full address of the client. */
  readonly client: Jid
  /** The domain in whose name it is asked. */
  readonly domain: string
  readonly announcement: Announcement
  readonly isRemote: boolean
}

/** Finds out what announcements stand for: from memory, else by asking the client and proving its answer. */
export class Inquirer {
  readonly #router: Router
  readonly #clock: Clock
  readonly #known: KnownFeatures
  /** Milliseconds. */
  readonly #timeout: number
  readonly #asked = new Map<string, Promise<Features | undefined>>()
  readonly #failures = new Lru<string, number>(rememberedFailures)

  constructor(router: Router, clock: Clock, known: KnownFeatures, timeout: number) {
    this.#router = router
    this.#clock = clock
    this.#known = known
    this.#timeout = timeout
  }

  /** The features of a client; undefined when it gives no answer, or a wrong one. At once when they are known. */
  featuresOf(inquiry: Inquiry): Eventually<Features | undefined> {
    const key = keyOf(inquiry.announcement)
    return afterwards(this.#known.get(key), (known) => known ?? this.#askOnce(inquiry, key))
  }

  /** A client that shows itself again before it has answered is not asked a second time. */
  #askOnce(inquiry: Inquiry, key: string): Eventually<Features | undefined> {
    const question = `${inquiry.client.full} ${key}`
    const pending = this.#asked.get(question)
    if (pending !== undefined) return pending
    if (inquiry.isRemote && this.#hasFailed(question)) return undefined
    const answer = this.#ask(inquiry, key).then((features) => {
      this.#asked.delete(question)
      if (features === undefined && inquiry.isRemote) this.#failures.set(question, this.#clock.now())
      return features
    })
    this.#asked.set(question, answer)
    return answer
  }

  #hasFailed(question: string): boolean {
    const at = this.#failures.get(question)
    return at !== undefined && this.#clock.now() - at < remotePause
  }

  async #ask({ client, domain, announcement }: Inquiry, key: string): Promise<Features | undefined> {
    const answer = await this.#router.ask({
      type: 'get',
      from: Jid.of('', domain),
      to: client,
      payload: el('query', NS.discoInfo, { node: announcement.node }),
      timeout: this.#timeout,
    })
    const query = answer === 'timeout' || answer.type !== 'result' ? undefined : answer.child('query', NS.discoInfo)
    if (answer === 'timeout' || query === undefined) return undefined
    const features = featuresOf(query)
    if (features.length > maxFeatures || !isProvenBy(announcement, query, answer.lang)) return undefined
    const set: Features = new Set(features)
    this.#known.put(key, set)
    return set
  }
}
