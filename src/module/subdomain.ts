import { Jid } from '../jid/jid.ts'
import type { Logger } from '../observe/logger.ts'
import { type DomainEvent, domainAdded, domainWithdrawn } from '../router/events.ts'
import type { Host } from '../router/host.ts'
import { IqRegistry } from '../router/iq-registry.ts'
import type { Session } from '../router/session.ts'
import type { Stanza } from '../stanza/stanza.ts'
import type { Undo } from '../util/undo.ts'
import type { RegisterIq } from './context.ts'

/** Stands for the hosted domain in the address of a service. */
const placeholder = '@HOST@'

/** The address of a service beside a hosted domain. A template without `@HOST@` names one address for all of them. */
export function subdomainOf(template: string, domain: string): Jid {
  return Jid.of('', template.replaceAll(placeholder, domain))
}

/** One domain that a module serves. */
export interface ServicePoint {
  /** Its address. */
  readonly jid: Jid
  /** The hosted domain that it belongs to. */
  readonly parent: string
  /** Answers IQs addressed to the domain itself, whoever sends them. */
  readonly iq: RegisterIq
  /** Answers IQs addressed to bare addresses of the domain, such as rooms. */
  readonly iqBelow: RegisterIq
}

/** What else a service takes: everything but IQ requests that handlers are for. */
export type ServiceReceiver = (stanza: Stanza, session: Session | undefined) => Promise<void> | undefined

/** A service that a module offers beside each hosted domain. */
export interface ServicePlan {
  /** Address, with `@HOST@` for the hosted domain. */
  readonly template: string
  /** Shown in the list of services. */
  readonly name?: string
  /** Node under which it stands there. */
  readonly node?: string
  /** Called for each hosted domain. Without a receiver everything else is answered with `service-unavailable`. */
  open(point: ServicePoint): ServiceReceiver | undefined
}

/** Registers IQ handlers of one module in a registry, under its queue and its errors. */
export type IqBinder = (registry: IqRegistry) => RegisterIq

/** What services are opened with. */
export interface ServiceParts {
  readonly host: Host
  /** The module that they belong to. */
  readonly module: string
  readonly log: Logger
  readonly bind: IqBinder
}

/**
 * Opens a service beside every domain of a host, and beside those that come later; what is returned closes what is
 * open. Throws where an address is taken; that of a domain that comes later is logged and left alone.
 */
export function openServices(plan: ServicePlan, { host, module, log, bind }: ServiceParts): Undo[] {
  const open = new Map<string, () => void>()
  const add = (parent: string) => {
    // One address for all of them is open already.
    if (open.size > 0 && !plan.template.includes(placeholder)) return
    open.set(parent, openService(host, parent, plan, bind))
  }
  const close = (parent: string) => {
    open.get(parent)?.()
    open.delete(parent)
  }
  const added = ({ domain }: DomainEvent) => {
    try {
      add(domain)
    } catch (reason) {
      log.error({ what: 'service_not_opened', domain, reason })
    }
  }
  const closeAll = () => [...open.keys()].forEach(close)
  try {
    for (const domain of host.domains) add(domain)
  } catch (error) {
    closeAll()
    throw error
  }
  const withdrawn = ({ domain }: DomainEvent) => {
    close(domain)
    // One address for all of them goes on beside another domain.
    const [left] = host.domains
    if (open.size === 0 && left !== undefined) added({ host, domain: left })
  }
  return [
    closeAll,
    host.hooks.join(domainAdded, 'main', { module, handler: added }),
    host.hooks.join(domainWithdrawn, 'main', { module, handler: withdrawn }),
  ]
}

function openService(host: Host, parent: string, plan: ServicePlan, bind: IqBinder): () => void {
  const jid = subdomainOf(plan.template, parent)
  const registry = new IqRegistry()
  const below = new IqRegistry()
  const receiver = plan.open({ jid, parent, iq: bind(registry), iqBelow: bind(below) })
  const answersBelow = below.namespaces('account').length > 0
  const { router } = host
  return router.addService(jid.domain, {
    parent,
    ...(plan.name === undefined ? {} : { name: plan.name }),
    ...(plan.node === undefined ? {} : { node: plan.node }),
    isShared: !plan.template.includes(placeholder),
    receive(stanza, session) {
      const isRequest = stanza.kind === 'iq' && (stanza.type === 'get' || stanza.type === 'set')
      if (isRequest && stanza.to?.full === jid.full) return router.serve(registry, stanza, session)
      if (isRequest && answersBelow && stanza.to?.isBare === true) return router.serve(below, stanza, session)
      return receiver === undefined ? router.bounce(stanza, 'service-unavailable') : receiver(stanza, session)
    },
  })
}
