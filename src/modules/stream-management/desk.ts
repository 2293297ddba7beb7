import type { Jid } from '../../jid/jid.ts'
import { readCount } from '../../protocol/sm/sequence.ts'
import { sessionResumes } from '../../router/events.ts'
import { LostLink } from '../../router/lost-link.ts'
import type { ClientLink, EndReason, Session, SessionInfo } from '../../router/session.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { randomId } from '../../util/random-id.ts'
import type { Element } from '../../xml/element.ts'
import type { RawElement } from '../../xml/raw-element.ts'
import { serialise } from '../../xml/serialise.ts'
import { Keeper, keeperOf } from './keeper.ts'
import { enabled, failed, HandledTooHigh, resumed } from './nonza.ts'
import { keepsStanzas } from './options.ts'
import type { Registry } from './registry.ts'
import { reroute, returnIqs } from './reroute.ts'
import type { StaleCounts } from './stale-counts.ts'
import { unwantedBy } from './unwanted.ts'

/** Bytes of an id: 28 characters. */
const idBytes = 21

/** Who asks for an older stream, and the connection that it is to go on over. */
export interface ResumeRequest {
  readonly user: Jid
  /** `<resume/>`. */
  readonly element: Element
  readonly link: ClientLink
  readonly info: SessionInfo
}

/** The answer, and the session where there is one. */
export interface Resumed {
  readonly answer: Element
  readonly session?: Session
}

/** What clients ask of stream management. */
export class StreamDesk {
  readonly #registry: Registry
  readonly #stale: StaleCounts

  constructor(registry: Registry, stale: StaleCounts) {
    this.#registry = registry
    this.#stale = stale
  }

  /** Begins to account for a session (XEP-0198 §3). */
  enable(session: Session, element: Element): Element {
    const wish = element.attr('resume')
    const isResumable = (wish === 'true' || wish === '1') && keepsStanzas(this.#registry.parts.options)
    const keeper = new Keeper(this.#registry, session, { id: randomId(idBytes), isResumable })
    this.keep(session, keeper)
    return enabled(isResumable ? keeper.id : undefined)
  }

  /** This one accounts for the session from now on. */
  keep(session: Session, keeper: Keeper): void {
    this.#registry.add(keeper)
    session.set(keeperOf, keeper)
    session.keptBy(keeper)
  }

  /** An element of XEP-0198 on a bound stream. Throws StreamError. */
  take(session: Session, element: RawElement): void {
    const keeper = session.get(keeperOf)
    const say = (reply: Element): void => session.link.send(serialise(reply))
    switch (element.name) {
      case 'r':
        keeper?.receipts.ask()
        break
      case 'a':
        if (keeper !== undefined) acknowledge(keeper, element)
        break
      case 'enable':
        if (keeper === undefined) say(this.enable(session, element.toElement()))
        else this.#endFor(session, say)
        break
      default:
        say(failed('unexpected-request'))
    }
  }

  /**
   * Looks for the stream that is asked for and moves it to the new connection (XEP-0198 §5). Throws StreamError when the client
   * says to have got more than it was sent: nothing can be made of that stream any more.
   */
  async resume(request: ResumeRequest): Promise<Resumed> {
    try {
      return await this.#resume(request)
    } catch (error) {
      if (error instanceof HandledTooHigh) await this.#find(request)?.session.end({ kind: 'lost' })
      throw error
    }
  }

  /** As {@link resume}, together with authentication: no fault of it ends the stream. */
  async resumeInline(request: ResumeRequest): Promise<Resumed> {
    try {
      return await this.#resume(request)
    } catch (error) {
      if (error instanceof StreamError) return { answer: failed('bad-request') }
      throw error
    }
  }

  /** The session has lost its connection. */
  detached(session: Session): void {
    const keeper = session.get(keeperOf)
    keeper?.wait(() => void this.#timedOut(keeper))
  }

  /** The session is over. */
  async ended(session: Session, reason: EndReason): Promise<undefined> {
    const keeper = session.get(keeperOf)
    if (keeper === undefined) return undefined
    session.set(keeperOf, undefined)
    const left = keeper.end()
    try {
      await reroute(session, reason, left)
      keeper.forget()
    } catch (error) {
      // What is on disk yet goes its way after the next start.
      this.#registry.parts.log.error({ what: 'reroute_failed', jid: session.jid.full, reason: error })
    }
    return undefined
  }

  async #resume(request: ResumeRequest): Promise<Resumed> {
    const previd = request.element.attr('previd') ?? ''
    const h = readCount(request.element.attr('h'))
    if (previd === '' || h === undefined) return { answer: failed('bad-request') }
    const keeper = this.#find(request)
    if (keeper === undefined) return { answer: failed('item-not-found', this.#stale.find(previd, request.user)) }
    if (!keeper.outbox.hasWritten(h)) throw new HandledTooHigh(h, keeper.outbox.written)
    return this.#move(keeper, h, request)
  }

  /** The user's own stream that is asked for. */
  #find({ element, user }: ResumeRequest): Keeper | undefined {
    const keeper = this.#registry.find(element.attr('previd') ?? '')
    return keeper?.isResumable === true && keeper.session.jid.bareString === user.bareString ? keeper : undefined
  }

  async #move(keeper: Keeper, h: number, { element, link, info }: ResumeRequest): Promise<Resumed> {
    const { session } = keeper
    const pause = new LostLink(link.form)
    session.attach(pause, session.info).close(new StreamError('conflict', 'Resumed by new connection'))
    const count = await keeper.receipts.settle()
    const unwanted = await unwantedBy(session, keeper.outbox.items())
    // Another connection may have come for it meanwhile, or it may have ended.
    if (session.isEnded || session.link !== pause) return { answer: failed('item-not-found') }
    session.attach(link, info)
    const isRestored = keeper.outbox.isRestored
    returnIqs(session, keeper.resumed(h, unwanted))
    pause.close()
    keeper.changed()
    void session.host.hooks.run(sessionResumes, { session, isRestored })
    return { answer: resumed(element.attr('previd') ?? '', count), session }
  }

  async #timedOut(keeper: Keeper): Promise<void> {
    const { session } = keeper
    // While the server starts, the modules that would take what is left may not be there yet.
    if (session.host.router.hostOf(session.jid.domain) === undefined) {
      this.detached(session)
      return
    }
    this.#stale.add(keeper)
    await session.end({ kind: 'lost' })
  }

  /** Stream management is asked for twice: the stream ends, and the session with it. */
  #endFor(session: Session, say: (reply: Element) => void): void {
    say(failed('unexpected-request'))
    const { link } = session
    void session.end({ kind: 'closed' })
    link.close()
  }
}

function acknowledge(keeper: Keeper, element: RawElement): void {
  const h = readCount(element.attr('h'))
  if (h === undefined) throw new StreamError('policy-violation', 'Invalid h attribute')
  keeper.acknowledged(h)
}
