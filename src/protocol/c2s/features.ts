import { NS } from '../../stanza/namespaces.ts'
import { type Element, el } from '../../xml/element.ts'
import type { ChannelSecurity } from '../sasl/mechanism.ts'
import type { C2sRules, StreamHost } from './rules.ts'

const bindingNs = 'urn:xmpp:sasl-cb:0'

/** `<stream:features/>` of a client's stream. */
export function streamFeatures(content: readonly (Element | undefined)[]): Element {
  return el('features', NS.streams, content)
}

/** How much the server takes at once, and how long a session may be silent (XEP-0478). */
function limits({ maxStanzaBytes }: C2sRules, idleSeconds?: number): Element | undefined {
  const told = [
    maxStanzaBytes === undefined ? undefined : el('max-bytes', NS.streamLimits, String(maxStanzaBytes)),
    idleSeconds === undefined ? undefined : el('idle-seconds', NS.streamLimits, String(idleSeconds)),
  ].filter((limit) => limit !== undefined)
  return told.length === 0 ? undefined : el('limits', NS.streamLimits, told)
}

/** The channel binding types, announced only beside mechanisms (XEP-0440). */
function bindings(types: readonly string[]): Element | undefined {
  if (types.length === 0) return undefined
  return el(
    'sasl-channel-binding',
    bindingNs,
    types.map((type) => el('channel-binding', bindingNs, { type })),
  )
}

/** Before authentication. `mechanisms` are those usable on this connection. */
export function featuresBeforeAuth(
  rules: C2sRules,
  host: StreamHost,
  security: ChannelSecurity,
  mechanisms: readonly string[],
): Element {
  const isClear = !security.isSecure
  if (isClear && rules.startTls === 'required') {
    return streamFeatures([el('starttls', NS.tls, el('required', NS.tls))])
  }
  const profiles = host.profiles.filter((profile) => security.isSecure || profile.isForClearText)
  const sasl =
    mechanisms.length === 0
      ? []
      : profiles.map((profile) => profile.feature(mechanisms, { domain: host.domain, security }))
  return streamFeatures([
    isClear && rules.startTls === 'offered' ? el('starttls', NS.tls) : undefined,
    ...sasl,
    mechanisms.length === 0 ? undefined : bindings(security.bindingTypes),
    ...host.features('before-auth', security),
    limits(rules),
  ])
}

/** After authentication: a resource has to be bound. */
export function featuresAfterAuth(rules: C2sRules, host: StreamHost, security: ChannelSecurity): Element {
  const binding = [el('bind', NS.bind), el('session', NS.session, el('optional', NS.session))]
  return streamFeatures([...binding, ...featuresOnceBound(rules, host, security).elements()])
}

/**
 * After a resource was bound together with authentication (XEP-0386 §4). Stream management that has been enabled with it
 * (`isManaged`) is offered no more: a client would take that for an invitation to resume.
 */
export function featuresOnceBound(
  rules: C2sRules,
  host: StreamHost,
  security: ChannelSecurity,
  isManaged = false,
): Element {
  const offered = host.features('after-auth', security)
  const features = isManaged ? offered.filter(({ ns }) => ns !== NS.streamManagement) : offered
  return streamFeatures([...features, limits(rules, host.idleSeconds)])
}
