import { chain } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { Host } from '../../router/host.ts'

/** The features of a client. */
export type Features = ReadonlySet<string>

/** What other modules may know of the capabilities of clients. */
export interface CapsApi {
  /** The features of a client of this host while it is available; undefined as long as they are not known. */
  featuresOf(client: Jid): Features | undefined
  /** The clients of an account that have a feature: `NODE+notify` for those that want the events of a node (XEP-0163 §4.3). */
  clientsWith(account: Jid, feature: string): readonly Jid[]
  /** The clients on other servers that show themselves to an account and have a feature. */
  contactsWith(account: Jid, feature: string): readonly Jid[]
}
export const capsApi = moduleApi<CapsApi>('mod_caps')

/** The features of a client are known, maybe since long: it has just shown itself, or has answered. */
export interface CapsRecognised {
  readonly host: Host
  /** The full address. */
  readonly client: Jid
  readonly features: Features
  /** The account that a client on another server shows itself to; undefined for a client of this host. */
  readonly seenBy: Jid | undefined
}
export const capsRecognised = chain<CapsRecognised>('capsRecognised', { slots: ['main'] })
