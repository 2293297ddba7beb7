import type { C2sAction, C2sEvent } from '../protocol/c2s/events.ts'
import type { Sasl2Login } from '../protocol/sasl2/login.ts'
import type { ClientLink, SessionInfo } from '../router/session.ts'
import { StanzaError } from '../stanza/stanza-error.ts'
import type { ClientService, ClientSession } from './client-service.ts'

/** The connection that a session is for. */
export interface Origin {
  readonly link: ClientLink
  readonly info: SessionInfo
  readonly isSecure: boolean
}

/** What negotiation is told, and the session if there is one. */
export interface Opening {
  readonly event: C2sEvent
  readonly session?: ClientSession | undefined
}

/** Does what negotiation asks for, at the end of which there may be a session. Rejects only with StreamError. */
export function openSession(
  service: ClientService,
  action: C2sAction & { do: 'bind' | 'complete' | 'offer' },
  origin: Origin,
): Promise<Opening> {
  if (action.do === 'offer') return offer(service, action, origin)
  return action.do === 'bind' ? bind(service, action, origin) : complete(service, action.login, origin)
}

/** Asks the modules; one of them may have an older session for this connection (XEP-0198 §5). */
async function offer(service: ClientService, action: C2sAction & { do: 'offer' }, origin: Origin): Promise<Opening> {
  const { element, user, domain } = action
  const { session, ...answer } = await service.offer({ element, user, domain, ...origin })
  return { event: { on: 'offer-answer', answer: { ...answer, opensSession: session !== undefined } }, session }
}

/** Binds a resource (RFC 6120 §7). */
async function bind(service: ClientService, action: C2sAction & { do: 'bind' }, origin: Origin): Promise<Opening> {
  const { user, resource } = action
  try {
    const { link, info } = origin
    const session = await service.open({ user, resource, link, info })
    return { event: { on: 'bound', full: session.jid }, session }
  } catch (error) {
    if (error instanceof StanzaError) return { event: { on: 'bind-refused', error } }
    service.note({ what: 'client_stream_fault', address: origin.info.address, reason: error })
    return { event: { on: 'bind-refused', error: new StanzaError('internal-server-error') } }
  }
}

/** Does what was asked for together with authentication (XEP-0388 §2.6.2). */
async function complete(service: ClientService, login: Sasl2Login, { link, info }: Origin): Promise<Opening> {
  const known = { ...info, mechanism: login.mechanism }
  const { results, session, isResumed } = await service.complete({ login, link, info: known })
  return { event: { on: 'completed', outcome: { results, full: session?.jid, isResumed } }, session }
}
