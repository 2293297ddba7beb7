import type { Jid } from '../../jid/jid.ts'
import type { RegisterIq } from '../../module/context.ts'
import type { ServicePoint, ServiceReceiver } from '../../module/subdomain.ts'
import type { IqHandler } from '../../router/iq-registry.ts'
import { refusalOf } from '../../router/refusal.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { type Element, el } from '../../xml/element.ts'
import { answerServiceDisco } from '../disco/api.ts'
import { answerApproval, isApproval } from './approval.ts'
import { PS } from './core/namespaces.ts'
import type { PubsubDesk } from './desk.ts'
import { serviceDisco } from './disco.ts'
import type { Engine, Place } from './engine.ts'
import { pendingCommand } from './pending-command.ts'

const vcardNs = 'vcard-temp'

/** Registers a handler for everything in the namespaces of pubsub. */
export function registerPubsub(iq: RegisterIq, handler: IqHandler): void {
  for (const ns of [PS.pubsub, PS.owner]) for (const type of ['get', 'set'] as const) iq(type, ns, '*', handler)
}

export interface OpenedService {
  readonly desk: PubsubDesk
  readonly point: ServicePoint
  /** The contact addresses that the service shows (XEP-0157). */
  readonly contactForm: () => Element | undefined
}

/** Opens the service beside a hosted domain. */
export function openService(engine: Engine, { desk, point, contactForm }: OpenedService): ServiceReceiver {
  const { jid, parent } = point
  const at: Place = { jid, isPersonal: false, domain: parent, isLight: false }
  registerPubsub(point.iq, (request) => desk.answer(at, request))
  answerServiceDisco(point, serviceDisco(engine, jid, contactForm))
  point.iq('set', PS.commands, 'command', ({ payload, from }) =>
    pendingCommand(engine, jid, { command: payload, from }),
  )
  point.iq('get', vcardNs, 'vCard', () =>
    el('vCard', vcardNs, el('FN', vcardNs, 'Publish-Subscribe'), el('DESC', vcardNs, 'Publish-subscribe service')),
  )
  return (stanza) => {
    if (stanza.to?.full === jid.full && isApproval(stanza)) return approved(engine, jid, stanza)
    if (stanza.kind === 'message' && (stanza.type === 'error' || stanza.type === 'headline')) return undefined
    return engine.host.router.bounce(stanza, 'service-unavailable')
  }
}

/** Takes the answer of an owner who was asked about a subscription. */
export async function approved(engine: Engine, service: Jid, stanza: Stanza): Promise<void> {
  try {
    await answerApproval(engine, service, stanza)
  } catch (error) {
    const reply = stanza.errorReply(refusalOf(error))
    if (reply !== undefined) engine.host.router.post(reply)
  }
}
