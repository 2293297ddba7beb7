import type { Jid } from '../../jid/jid.ts'
import type { ServicePoint } from '../../module/subdomain.ts'
import type { Host } from '../../router/host.ts'
import type { IqHandler } from '../../router/iq-registry.ts'
import { NS } from '../../stanza/namespaces.ts'
import { readRsm } from '../../stanza/rsm.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { randomId } from '../../util/random-id.ts'
import { el } from '../../xml/element.ts'
import { answerServiceDisco, type DiscoInfo } from '../disco/api.ts'
import { roomInfo } from './api.ts'
import { MUC } from './core/namespaces.ts'
import { isAtLeast } from './core/standing.ts'
import type { RoomDirectory } from './directory.ts'
import type { NickRegistry } from './nick-registry.ts'
import type { Rooms } from './rooms.ts'
import type { ServiceSurroundings } from './surroundings.ts'

export interface ServiceIqParts {
  readonly host: Host
  readonly rooms: Rooms
  readonly directory: RoomDirectory
  readonly nicks: NickRegistry
  readonly surroundings: ServiceSurroundings
  /** A contact form, where one is configured. */
  contactForm(): DiscoInfo['forms']
}

/** The name of the service in service discovery. */
export const serviceName = 'Chatrooms'

const features = [
  NS.discoInfo,
  NS.discoItems,
  MUC.muc,
  MUC.unique,
  MUC.register,
  MUC.stableId,
  MUC.conference,
  MUC.vcard,
  MUC.occupantId,
  NS.rsm,
]

/** Answers what is asked of the service itself. */
export function answerService(point: ServicePoint, parts: ServiceIqParts): void {
  const iq = guarded(point.iq, parts.surroundings)
  const { host, nicks } = parts
  answerServiceDisco(
    { iq },
    {
      async info(node) {
        if (node !== '') return undefined
        const more = await host.hooks.gather(roomInfo, { host, service: point.jid, room: undefined })
        return {
          identities: [{ category: 'conference', type: 'text', name: serviceName }],
          features: [...features, ...more.flatMap((answer) => answer.features ?? [])],
          forms: [...(parts.contactForm() ?? []), ...more.flatMap((answer) => answer.forms ?? [])],
        }
      },
      items: (node, { from, payload }) => {
        if (node !== '' && node !== MUC.muc) return undefined
        return parts.directory.page(point.jid.domain, readRsm(payload), (name) => listedFor(parts, name, from))
      },
    },
  )
  iq('get', MUC.register, 'query', ({ from }) => nicks.form(from))
  iq('set', MUC.register, 'query', ({ from, payload }) => nicks.submit(from, payload))
  iq('get', MUC.unique, 'unique', () => el('unique', MUC.unique, randomId(12).toLowerCase().replaceAll('_', '-')))
  iq('get', MUC.vcard, 'vCard', () =>
    el(
      'vCard',
      MUC.vcard,
      el('FN', MUC.vcard, serviceName),
      el('URL', MUC.vcard, `xmpp:${point.jid.domain}`),
      el('DESC', MUC.vcard, 'Rooms in which people talk'),
    ),
  )
}

/** What may be asked by those only who may use the service. */
export function guarded(iq: ServicePoint['iq'], surroundings: ServiceSurroundings): ServicePoint['iq'] {
  return (type, ns, name, handler) => {
    const checked: IqHandler = (request, session) => {
      if (!surroundings.mayUse(request.from)) throw accessDenied()
      return handler(request, session)
    }
    iq(type, ns, name, checked)
  }
}

/** The error for who may not use the service. */
export function accessDenied(): StanzaError {
  return new StanzaError('forbidden', { text: 'Access denied by service policy' })
}

/** How a room that is awake is listed for somebody: who is inside or rules there sees hidden ones too. */
function listedFor({ rooms }: ServiceIqParts, name: string, who: Jid) {
  const room = rooms.peek(name)
  if (room === undefined) return undefined
  const { config, occupants } = room
  const isInsider = occupants.of(who).length > 0 || isAtLeast(room.affiliationOf(who), 'admin')
  if (!config.isPublic && !isInsider) return 'hidden' as const
  if (!config.publicList && !isInsider) return { label: room.name }
  return { label: `${room.name} (${config.isPublic ? '' : 'private, '}${occupants.size})` }
}
