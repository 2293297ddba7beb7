import type { Jid } from '../../jid/jid.ts'
import type { LimitReached } from '../../observe/limits.ts'
import type { Host } from '../../router/host.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { Lru } from '../../util/lru.ts'
import { TokenBucket } from '../../util/token-bucket.ts'

/** What can be done with an archive, under the names of the access rules. */
export type ArchiveAction = 'set_prefs' | 'get_prefs' | 'set_message_form' | 'get_message_form' | 'get_metadata'

/** Rules that are known by an older name too. */
const olderNames: Partial<Record<ArchiveAction, string>> = { set_message_form: 'lookup_messages' }

const rememberedBuckets = 10_000
/** Milliseconds that a request may be held back before it is refused. */
const longestWait = 3000

/** Who may do what with archives, and how often: the rules `mam_*` and the shapers beside them. */
export class ArchiveAccess {
  readonly #host: Host
  /** `mam_` or `muc_mam_`. */
  readonly #prefix: string
  readonly #limitReached: LimitReached
  readonly #buckets = new Lru<string, TokenBucket>(rememberedBuckets)

  constructor(host: Host, prefix: 'mam_' | 'muc_mam_', limitReached: LimitReached) {
    this.#host = host
    this.#prefix = prefix
    this.#limitReached = limitReached
  }

  /** `byDefault`: what holds where no rule says otherwise. Throws `not-allowed`. */
  check(action: ArchiveAction, asker: Jid, domain: string, byDefault: true | string): void {
    const value = this.#value(action, '', asker, domain) ?? 'default'
    if (value !== 'default' ? value !== 'deny' : byDefault === true) return
    const reason = byDefault === true || value === 'deny' ? '' : ` ${byDefault}`
    throw new StanzaError('not-allowed', { text: `The action is not allowed.${reason}` })
  }

  /** Holds a request back as the shapers say. Throws `resource-constraint` where that would take too long. */
  async pace(action: ArchiveAction, asker: Jid, domain: string): Promise<void> {
    const own = this.#charge(action, '_shaper', asker, domain)
    const global = this.#charge(action, '_global_shaper', asker, domain)
    const ms = Math.max(own, global)
    if (ms > 0) await new Promise<void>((resolve) => this.#host.clock.after(ms, resolve))
  }

  #charge(action: ArchiveAction, suffix: '_shaper' | '_global_shaper', asker: Jid, domain: string): number {
    const shaper = this.#value(action, suffix, asker, domain)
    const rate = shaper === undefined ? undefined : this.#host.config.shaper[String(shaper)]?.max_rate
    if (rate === undefined) return 0
    const key = `${action}${suffix} ${rate} ${suffix === '_shaper' ? asker.bareString : domain}`
    const now = this.#host.clock.now()
    const bucket = this.#buckets.get(key) ?? new TokenBucket(rate, now)
    this.#buckets.set(key, bucket)
    const ms = bucket.charge(1, now)
    if (ms <= longestWait) return ms
    bucket.charge(-1, now)
    this.#limitReached('archive_request', { jid: asker.bareString, action })
    throw new StanzaError('resource-constraint', { text: 'The action is cancelled because of flooding.' })
  }

  #value(action: ArchiveAction, suffix: string, asker: Jid, domain: string): string | number | undefined {
    const { access } = this.#host
    for (const name of [action, olderNames[action]]) {
      const rule = `${this.#prefix}${name}${suffix}`
      if (name !== undefined && access.has(rule)) return access.evaluate(rule, asker, domain)
    }
    return undefined
  }
}
