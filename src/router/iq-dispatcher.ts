import type { Stanza } from '../stanza/stanza.ts'
import { StanzaError } from '../stanza/stanza-error.ts'
import type { Clock } from '../util/clock.ts'
import type { Element } from '../xml/element.ts'
import type { IqRegistration, IqRegistry, IqRequest } from './iq-registry.ts'
import { refusalOf } from './refusal.ts'
import type { Session } from './session.ts'

/** A handler that takes longer is answered for with an error, in milliseconds. */
const handlerTimeout = 60_000

export interface DispatcherParts {
  readonly clock: Clock
  readonly route: (stanza: Stanza) => void
  /** Told of handlers that threw something else than a StanzaError, or took too long. */
  readonly onFailure: (failure: { error: unknown; stanza: Stanza }) => void
}

/** Answers IQ requests: the one place where results, errors and time-outs of handlers are made. */
export class IqDispatcher {
  readonly #parts: DispatcherParts

  constructor(parts: DispatcherParts) {
    this.#parts = parts
  }

  /** A request to the domain, or to an account on whose behalf the server answers. The promise holds back the sender. */
  serve(iq: IqRegistry, at: 'server' | 'account', stanza: Stanza, session?: Session): Promise<void> | undefined {
    const payload = stanza.index[0]
    if (payload === undefined || stanza.index.length !== 1) return this.#refuse(stanza, 'bad-request')
    const found = iq.find(at, stanza.type, payload)
    if (found === undefined) return this.#refuse(stanza, 'service-unavailable')
    if (typeof found === 'string') return this.#refuse(stanza, found)
    if (found.target === 'account' && stanza.from?.bareString !== stanza.to?.bareString) {
      return this.#refuse(stanza, 'forbidden', 'Only requests to your own address are allowed')
    }
    return this.#run(found, stanza, session)
  }

  #run(registration: IqRegistration, stanza: Stanza, session: Session | undefined): Promise<void> | undefined {
    const { from, to, payload } = stanza
    if (from === undefined || to === undefined || payload === undefined) return undefined
    const request: IqRequest = { type: stanza.type as 'get' | 'set', from, to, payload, stanza }
    try {
      const answer = registration.queue.run(from.bareString, () => registration.handler(request, session))
      if (!(answer instanceof Promise)) {
        this.#reply(stanza, answer ?? undefined)
        return undefined
      }
      const answered = this.#await(stanza, answer)
      return registration.queue.holdsSender ? answered : undefined
    } catch (error) {
      this.#fail(stanza, error)
      return undefined
    }
  }

  async #await(stanza: Stanza, answer: Promise<Element | undefined | void>): Promise<void> {
    let timer = { cancel() {} }
    const timeout = new Promise<never>((_, reject) => {
      timer = this.#parts.clock.after(handlerTimeout, () => reject(new Error('the handler took too long')))
    })
    try {
      this.#reply(stanza, (await Promise.race([answer, timeout])) ?? undefined)
    } catch (error) {
      this.#fail(stanza, error)
    } finally {
      timer.cancel()
    }
  }

  #reply(stanza: Stanza, payload: Element | undefined): void {
    this.#parts.route(stanza.result(payload))
  }

  #fail(stanza: Stanza, error: unknown): void {
    if (!(error instanceof StanzaError)) this.#parts.onFailure({ error, stanza })
    this.#send(stanza, refusalOf(error, 'The server could not process the IQ stanza'))
  }

  #refuse(stanza: Stanza, condition: StanzaError['condition'], text?: string): undefined {
    this.#send(stanza, new StanzaError(condition, text === undefined ? {} : { text }))
    return undefined
  }

  #send(stanza: Stanza, error: StanzaError): void {
    const reply = stanza.errorReply(error)
    if (reply !== undefined) this.#parts.route(reply)
  }
}
