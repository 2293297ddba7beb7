import { defineModule } from '../../module/define.ts'
import type { IqHandler } from '../../router/iq-registry.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { type ErrorCondition, StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { extdiscoApi } from './api.ts'
import { extdiscoCommands } from './commands.ts'
import { options, type ServiceOptions } from './options.ts'
import { hasCredentials, isKnownType, matching, type ToldService, toldTo } from './services.ts'

const NS = 'urn:xmpp:extdisco:2'

export default defineModule({
  name: 'mod_extdisco',
  about: 'Tells clients of STUN, TURN and other services outside, with credentials for them.',
  xeps: [{ xep: 215, version: '1.0.0' }],
  options,
  iqPolicy: 'no_queue',
  commands: extdiscoCommands,
  setup({ iq, clock, router, options, provide }) {
    /** Answers with what `choose` finds in a request. Who is not from here is told of no service that has credentials. */
    const answer = (choose: (request: Element) => Answer): IqHandler => {
      return ({ from, payload }) => {
        const { element, services } = choose(payload)
        if (services.some(hasCredentials) && router.hostOf(from.domain) === undefined) throw refusal('not-allowed')
        const told = services.map((service) => toldTo(from.bareString, service, clock.now()))
        return element.withChildren(told.map(serviceElement))
      }
    }
    iq.server(
      'get',
      NS,
      'services',
      answer((request) => chosenByType(request, options.service)),
    )
    iq.server(
      'get',
      NS,
      'credentials',
      answer((request) => chosenByHost(request, options.service)),
    )
    iq.server('get', NS, '*', () => {
      throw refusal('bad-request')
    })
    iq.server('set', NS, '*', () => {
      throw refusal('not-allowed')
    })
    provide(extdiscoApi, {
      services: (name, type) =>
        options.service
          .filter((service) => type === undefined || service.type === type)
          .map((service) => toldTo(name, service, clock.now())),
    })
  },
})

/** The services that a request is for, and the element that they are told in. */
interface Answer {
  readonly element: Element
  readonly services: readonly ServiceOptions[]
}

function refusal(condition: ErrorCondition, text?: string): StanzaError {
  return new StanzaError(condition, { ...(text === undefined ? {} : { text }), omitsRequest: true })
}

function mustBeKnown(services: readonly ServiceOptions[], type: string): void {
  if (!isKnownType(services, type)) throw refusal('bad-request', 'There is no such type of service')
}

/** XEP-0215 §3.1 and §3.2. */
function chosenByType(request: Element, services: readonly ServiceOptions[]): Answer {
  const type = request.attr('type')
  if (type === undefined) return { element: el('services', NS), services }
  mustBeKnown(services, type)
  return { element: el('services', NS, { type }), services: services.filter((service) => service.type === type) }
}

/** XEP-0215 §3.3. */
function chosenByHost(request: Element, services: readonly ServiceOptions[]): Answer {
  const [asked, ...others] = request.childrenNamed('service')
  const type = asked?.attr('type')
  if (asked === undefined || others.length > 0) throw refusal('bad-request', 'Exactly one service is asked for')
  if (type === undefined) throw refusal('bad-request', 'The type of the service is missing')
  mustBeKnown(services, type)
  const query = { type, host: asked.attr('host') ?? '', port: asked.attr('port') }
  return { element: el('credentials', NS), services: matching(services, query) }
}

function serviceElement({ type, host, port, transport, username, password, expires }: ToldService): Element {
  return el('service', NS, {
    ...{ type, host, transport, username, password },
    port: port === undefined ? undefined : String(port),
    expires: expires === undefined ? undefined : formatTimestamp(expires * 1000).replace('.000Z', 'Z'),
  })
}
