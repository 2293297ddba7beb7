import { AccessRules } from '../../config/acl.ts'
import type { ComponentListener, Config } from '../../config/schema.ts'
import type { ComponentNote, ComponentService } from '../../edges/component/component-service.ts'
import type { ComponentStream } from '../../edges/component/component-stream.ts'
import { Jid } from '../../jid/jid.ts'
import type { ComponentClaim, ComponentRules } from '../../protocol/component/events.ts'
import type { Component } from '../../router/component-table.ts'
import type { Router } from '../../router/router.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { randomId } from '../../util/random-id.ts'
import { TimerWheel } from '../../util/timer-wheel.ts'
import { defaultLimits } from '../../xml/limits.ts'
import { hostTypeLabel } from '../host-type-label.ts'
import type { ListenerParts } from '../port.ts'
import { routeReceived } from '../route-received.ts'
import { shapedRate } from '../shaped-rate.ts'
import { accessTables } from '../start-host.ts'
import { byteCounts, elementCountsByType } from '../traffic.ts'
import type { ComponentParts } from './component-port.ts'

/** What the components that come in through one port share. */
export function componentService(table: ComponentListener, config: Config, around: ComponentParts): ComponentService {
  const { parts, open } = around
  const { clock, metrics, router } = parts
  const access = globalAccess(parts)
  const maxBytes = table.max_stanza_size
  const strangerBytes = Math.min(table.max_unauthenticated_size, maxBytes)
  const rateFor = (name: string | undefined) =>
    shapedRate(table.shaper, parts.config, (rule) =>
      name === undefined ? undefined : access().evaluate(rule, Jid.of('', name)),
    )
  return {
    clock,
    wheel: new TimerWheel(clock),
    bytes: byteCounts(metrics, 'component'),
    tap: parts.tap,
    rules: rulesOf(table, config),
    strangerLimits: () => ({ limits: { ...defaultLimits, maxElementBytes: strangerBytes }, rate: rateFor(undefined) }),
    limitsFor: ({ name }) => ({ limits: { ...defaultLimits, maxElementBytes: maxBytes }, rate: rateFor(name) }),
    checksFrom: table.check_from,
    open,
    ...registration(table, router, access),
    isDomainOf: (claim, domain) => isDomainOf(claim, domain, router),
    receive: (stanza) => routeReceived(stanza, parts),
    trafficOf: traffic(parts),
    bounce: (stanza, text) => void router.bounce(stanza, 'resource-constraint', text),
    note: (note) => tell(note, around),
  }
}

function rulesOf({ password, state_timeout: stateTimeout }: ComponentListener, { general }: Config): ComponentRules {
  return { password, stateTimeout, defaultDomain: general.default_server_domain, newStreamId: () => randomId(18) }
}

/** The access rules in general, as they are written at the moment. */
function globalAccess(parts: ListenerParts): () => AccessRules {
  let made: { readonly of: Config; readonly rules: AccessRules } | undefined
  return () => {
    const { config, router } = parts
    if (made?.of !== config) made = { of: config, rules: new AccessRules(accessTables(config, router)) }
    return made.rules
  }
}

/** Gives components their domains, and takes them back. */
function registration(
  table: ComponentListener,
  router: Router,
  access: () => AccessRules,
): Pick<ComponentService, 'register' | 'left'> {
  const registered = new Map<ComponentStream, Component>()
  return {
    register(stream, claim) {
      const component: Component = {
        ...claim,
        isHidden: table.hidden_components,
        receive: (stanza) => {
          if (stanza.from === undefined || access().allows(table.access, stanza.from)) stream.send(stanza)
          else refuse(stanza, router)
          return undefined
        },
        displaced: (why) => {
          const text = why === 'replaced' ? 'Replaced by new connection' : 'The server has this name itself'
          stream.stop(new StreamError('conflict', text))
        },
      }
      if (!router.addComponent(component, { replaces: table.conflict_behaviour === 'kick_old' })) return false
      registered.set(stream, component)
      return true
    },
    left(stream) {
      const component = registered.get(stream)
      registered.delete(stream)
      if (component !== undefined) router.removeComponent(component)
    },
  }
}

/** Whoever may not reach a component is told, of presence too: it may have been meant to enter a room. */
function refuse(stanza: Stanza, router: Router): void {
  const reply = stanza.errorReply(new StanzaError('not-allowed'))
  if (reply !== undefined) router.post(reply)
}

function isDomainOf({ name, isPrefix }: ComponentClaim, domain: string, router: Router): boolean {
  if (domain === name) return true
  return isPrefix && domain.startsWith(`${name}.`) && router.hostOf(domain.slice(name.length + 1)) !== undefined
}

/** A stanza counts for the host of the other side, else for that which the component lies under, else for the default domain. */
function traffic({ config, metrics, router }: ListenerParts): ComponentService['trafficOf'] {
  const countsOf = elementCountsByType(metrics, 'component')
  return ({ from, to }, direction) => {
    const [own = '', other = ''] = (direction === 'in' ? [from, to] : [to, from]).map((jid) => jid?.domain)
    const owner = router.ownerOf(other)
    const above = router.parentOf(own) ?? config.general.default_server_domain
    const type = hostTypeLabel(router, router.hostOf(owner) === undefined ? above : owner)
    return countsOf(type)[direction === 'in' ? 'incoming' : 'outgoing']
  }
}

function tell(note: ComponentNote, { parts: { log, metrics }, report }: ComponentParts): void {
  switch (note.what) {
    case 'component_registered':
    case 'component_gone':
    case 'component_name_taken':
      log.info({ what: note.what, component: note.name, ip: note.address })
      break
    case 'component_auth_failed':
      metrics.counter('component_auth_failed_count', 'Components that did not know the password').inc()
      log.info({ what: note.what, component: note.name, ip: note.address })
      break
    case 'component_does_not_read':
      report({ what: 'unread_limit_reached', component: note.name, bytes: note.bytes, ip: note.address })
      break
    case 'component_stream_fault':
      log.error({ what: note.what, ip: note.address, reason: note.reason })
  }
}
