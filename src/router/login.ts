import type { Sasl2Login } from '../protocol/sasl2/login.ts'
import type { Element } from '../xml/element.ts'
import type { Host } from './host.ts'
import type { ClientLink, Session, SessionInfo } from './session.ts'
import { type Sasl2Succeeds, type SessionWish, sasl2Succeeds } from './sign-in-events.ts'

/** A login to be completed on one connection. */
export interface LoginParts {
  readonly host: Host
  readonly login: Sasl2Login
  readonly link: ClientLink
  readonly info: SessionInfo
  open(wish: SessionWish & { readonly info: SessionInfo }): Promise<Session>
}

/** What a login came to. */
export interface CompletedLogin {
  readonly results: readonly Element[]
  readonly session: Session | undefined
  readonly isResumed: boolean
}

class Login implements Sasl2Succeeds {
  readonly host: Host
  readonly login: Sasl2Login
  readonly link: ClientLink
  readonly info: SessionInfo
  readonly #parts: LoginParts
  #session: Session | undefined
  #isResumed = false

  constructor(parts: LoginParts) {
    const { agent } = parts.login.request
    this.#parts = parts
    this.host = parts.host
    this.login = parts.login
    this.link = parts.link
    this.info = agent === undefined ? parts.info : { ...parts.info, agent }
  }

  get session(): Session | undefined {
    return this.#session
  }

  get isResumed(): boolean {
    return this.#isResumed
  }

  readonly open = async (wish: SessionWish): Promise<Session> => {
    if (this.#session !== undefined) throw new Error('This connection has a session already')
    this.#session = await this.#parts.open({ ...wish, info: this.info })
    return this.#session
  }

  resume(session: Session): void {
    this.#session = session
    this.#isResumed = true
  }
}

/** Does what was asked for together with authentication (XEP-0388 §2.6.2), in the order of the hook. */
export async function completeLogin(parts: LoginParts): Promise<CompletedLogin> {
  const login = new Login(parts)
  const results = await parts.host.hooks.gather(sasl2Succeeds, login)
  return { results, session: login.session, isResumed: login.isResumed }
}
