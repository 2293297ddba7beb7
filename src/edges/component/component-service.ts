import type { ComponentClaim, ComponentRules } from '../../protocol/component/events.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import type { ElementCounts, TrafficTap } from '../client-traffic.ts'
import type { InputLimits, XmlStreamParts } from '../xml-stream.ts'
import type { ComponentStream } from './component-stream.ts'

/** Something worth a line in the log or a count. */
export type ComponentNote =
  | {
      readonly what: 'component_registered' | 'component_gone' | 'component_name_taken' | 'component_auth_failed'
      readonly name: string
      readonly address: string
    }
  | {
      readonly what: 'component_does_not_read'
      readonly name: string
      readonly bytes: number
      readonly address: string
    }
  /** A fault of the server's own. */
  | { readonly what: 'component_stream_fault'; readonly address: string; readonly reason: unknown }

/** What the components that come in through one port share. */
export interface ComponentService extends XmlStreamParts {
  readonly rules: ComponentRules
  /** Before somebody is known. */
  strangerLimits(): InputLimits
  limitsFor(claim: ComponentClaim): InputLimits
  /** Whether components may send from their own domains only. */
  readonly checksFrom: boolean
  /** Every stream that stands, to be ended with the server. */
  readonly open: Set<{ stop: ComponentStream['stop'] }>
  /** Gives a component its domains. False: one of them is taken. */
  register(stream: ComponentStream, claim: ComponentClaim): boolean
  left(stream: ComponentStream): void
  /** Whether a component of this claim may send in the name of a domain. */
  isDomainOf(claim: ComponentClaim, domain: string): boolean
  /** Sends a stanza on its way. Never throws, never rejects; a promise says that the next one has to wait. */
  receive(stanza: Stanza): Promise<void> | undefined
  /** What is counted of stanzas that a component sends and receives. */
  trafficOf(stanza: Stanza, direction: 'in' | 'out'): ElementCounts
  /** Shows what components send and receive, under their domain. */
  readonly tap: TrafficTap
  /** Sends a stanza back that a component does not take. */
  bounce(stanza: Stanza, text: string): void
  note(note: ComponentNote): void
}
