import type { C2sAction, C2sEvent } from '../protocol/c2s/events.ts'
import type { Sasl2Login } from '../protocol/sasl2/login.ts'
import type { ClientLink, SessionInfo } from '../router/session.ts'
import { StanzaError } from '../stanza/stanza-error.ts'
import type { ClientService, ClientSession } from './client-service.ts'

/** The connection that a session is for. */
export interface Origin {
  readonly link: ClientLink
  readonly info: SessionInfo
}

/** What negotiation is told, and the session if there is one. */
export interface Opening {
  readonly event: C2sEvent
  readonly session?: ClientSession | undefined
}

/** Does what negotiation asks for, at the end of which there may be a session. Never rejects. */
export function openSession(
  service: ClientService,
  action: C2sAction & { do: 'bind' | 'complete' },
  origin: Origin,
): Promise<Opening> {
  return action.do === 'bind' ? bind(service, action, origin) : complete(service, action.login, origin)
}

/** Binds a resource (RFC 6120 §7). */
async function bind(service: ClientService, action: C2sAction & { do: 'bind' }, origin: Origin): Promise<Opening> {
  const { user, resource } = action
  try {
    const session = await service.open({ user, resource, ...origin })
    return { event: { on: 'bound', full: session.jid }, session }
  } catch (error) {
    if (error instanceof StanzaError) return { event: { on: 'bind-refused', error } }
    service.note({ what: 'client_stream_fault', address: origin.info.address, reason: error })
    return { event: { on: 'bind-refused', error: new StanzaError('internal-server-error') } }
  }
}

/** Does what was asked for together with authentication (XEP-0388 §2.6.2). */
async function complete(service: ClientService, login: Sasl2Login, { link, info }: Origin): Promise<Opening> {
  const origin = { link, info: { ...info, mechanism: login.mechanism } }
  const { results, session, isResumed } = await service.complete({ login, ...origin })
  return { event: { on: 'completed', outcome: { results, full: session?.jid, isResumed } }, session }
}
