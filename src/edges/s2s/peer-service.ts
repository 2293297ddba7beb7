import type { Pair } from '../../protocol/s2s/events.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import type { Clock } from '../../util/clock.ts'
import type { TimerWheel } from '../../util/timer-wheel.ts'
import type { ScannerLimits } from '../../xml/limits.ts'
import type { ByteCounts, SessionTraffic, TrafficTap } from '../client-traffic.ts'

/** Something worth a line in the log or a count. */
export type PeerNote =
  | {
      readonly what: 's2s_authenticated'
      readonly pair: Pair
      readonly by: string
      readonly direction: Direction
      readonly address: string
    }
  | {
      readonly what: 's2s_auth_failed'
      readonly remote: string | undefined
      readonly reason: string
      readonly direction: Direction
      readonly address: string
    }
  | { readonly what: 's2s_unreachable'; readonly pair: Pair; readonly reason: string; readonly seconds: number }
  | { readonly what: 's2s_queue_full'; readonly pair: Pair }
  /** A fault of the server's own. */
  | { readonly what: 's2s_stream_fault'; readonly address: string; readonly reason: unknown }

/** Who has opened a stream: the other server, or this one. */
export type Direction = 'in' | 'out'

/** What all streams between servers share. */
export interface PeerService {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly bytes: { readonly tcp: ByteCounts; readonly tls: ByteCounts }
  /** Shows what goes to another server and comes from it, under its domain. */
  readonly tap: TrafficTap
  /** What is counted of stanzas that a domain of ours sends and receives. */
  trafficOf(domain: string): Pick<SessionTraffic, 'incoming' | 'outgoing'>
  /** Sends a stanza of another server on its way. Never throws, never rejects; a promise says that the next one has to wait. */
  receive(stanza: Stanza): Promise<void> | undefined
  note(note: PeerNote): void
}

/** What may come in over one stream. */
export interface PeerLimits {
  readonly limits: ScannerLimits
  /** Until the other side has proven who it is. */
  readonly strangerLimits: ScannerLimits
  /** Bytes a second; Infinity for no limit. Asked anew when it is known who the other side is. */
  rateFor(pair: Pair | undefined): number
  /** Milliseconds of silence after which the stream is closed; Infinity for no limit. */
  readonly idleTimeout: number
}
