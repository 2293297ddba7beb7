import { Jid } from '../jid/jid.ts'
import type { Host } from '../router/host.ts'
import { IqRegistry } from '../router/iq-registry.ts'
import type { Session } from '../router/session.ts'
import type { Stanza } from '../stanza/stanza.ts'
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
  /** Called for each hosted domain. Without a receiver everything else is answered with `service-unavailable`. */
  open(point: ServicePoint): ServiceReceiver | undefined
}

/** Registers IQ handlers of one module in a registry, under its queue and its errors. */
export type IqBinder = (registry: IqRegistry) => RegisterIq

/** The hosted domains that get a service of their own: all of them, or the first if the template names one address. */
export function parentsOf(host: Pick<Host, 'domains'>, template: string): string[] {
  return template.includes(placeholder) ? [...host.domains] : [...host.domains].slice(0, 1)
}

/** Opens a service for every domain of a host; each function returned closes one. */
export function openServices(host: Host, plan: ServicePlan, bind: IqBinder): (() => void)[] {
  return parentsOf(host, plan.template).map((parent) => openService(host, parent, plan, bind))
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
    receive(stanza, session) {
      const isRequest = stanza.kind === 'iq' && (stanza.type === 'get' || stanza.type === 'set')
      if (isRequest && stanza.to?.full === jid.full) return router.serve(registry, stanza, session)
      if (isRequest && answersBelow && stanza.to?.isBare === true) return router.serve(below, stanza, session)
      return receiver === undefined ? router.bounce(stanza, 'service-unavailable') : receiver(stanza, session)
    },
  })
}
