import type { Jid } from '../../jid/jid.ts'
import { refusalOf } from '../../router/refusal.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Eventually } from '../../util/settled.ts'
import type { LightDesk } from './light-desk.ts'
import { terse } from './requests.ts'

/** Takes every stanza to a service or its rooms that is no request for a handler. */
export class LightService {
  readonly #desk: LightDesk
  readonly #onFailure: (error: unknown) => void

  /** `onFailure` is told of what nobody expected. */
  constructor(desk: LightDesk, onFailure: (error: unknown) => void) {
    this.#desk = desk
    this.#onFailure = onFailure
  }

  /** The promise settles when the stanza is where it belongs, or has been refused. */
  receive(stanza: Stanza): Promise<void> | undefined {
    try {
      const outcome = this.#receive(stanza)
      return outcome instanceof Promise ? outcome.catch((error: unknown) => this.#refuse(stanza, error)) : undefined
    } catch (error) {
      this.#refuse(stanza, error)
      return undefined
    }
  }

  #receive(stanza: Stanza): Eventually<void> {
    const { kind, type } = stanza
    if (type === 'error' || (kind === 'iq' && type === 'result')) return undefined
    if (kind === 'presence') return this.#desk.parts.dialect.presence?.(stanza, this.#desk)
    const to = stanza.to as Jid
    if (kind === 'iq' || type !== 'groupchat' || !to.isBare || to.local === '') throw new StanzaError('bad-request')
    return this.#desk.speak(stanza)
  }

  #refuse(stanza: Stanza, error: unknown): void {
    const refusal = refusalOf(error)
    if (refusal.condition === 'internal-server-error') this.#onFailure(error)
    const reply = stanza.errorReply(terse(refusal) as StanzaError)
    if (reply !== undefined) this.#desk.parts.host.router.post(reply)
  }
}
