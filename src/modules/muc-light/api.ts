import { chain } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { Host } from '../../router/host.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import type { BlockChange, Blocked } from './blocking.ts'
import type { AffiliationChange } from './core/affiliations.ts'
import type { LightEvent } from './core/light-event.ts'
import type { LightRoom } from './core/room.ts'
import type { RawConfig } from './core/schema.ts'

export type { BlockChange, Blocked } from './blocking.ts'
export type { LightEvent } from './core/light-event.ts'
export type { RawConfig } from './core/schema.ts'

/** A room as other modules see it. */
export type LightRoomView = Pick<LightRoom, 'jid' | 'version' | 'occupants' | 'addresses' | 'affiliationOf'>

/** A message is about to go to everybody who belongs to a room; from an occupant's address or the room's, `to` nobody yet. */
export interface LightBroadcast {
  readonly host: Host
  readonly room: LightRoomView
  /** The full address of who speaks; the room itself for what it tells of changes. */
  readonly from: Jid
  stanza: Stanza
}

/**
 * What modules make of a message of a room, once for all recipients, as in `roomBroadcast` of mod_muc: `identify` gives it an
 * id, `filter` may change or refuse it (throwing a StanzaError), `store` puts it into archives. `handled` ends its way.
 */
export const lightBroadcast = chain<LightBroadcast, 'handled'>('lightBroadcast', {
  slots: ['identify', 'filter', 'guard', 'store', 'deliver', 'observe'],
  onFailure: 'abort',
})

/** A room has been made, has changed or is gone; everybody has been told. */
export interface LightHappening {
  readonly host: Host
  readonly event: LightEvent
}
export const lightEvent = chain<LightHappening>('lightEvent', { slots: ['main'] })

/** A room as commands show it. */
export interface LightRoomDescription {
  readonly jid: Jid
  readonly name: string
  readonly subject: string
  /** All settings, by the names of their fields. */
  readonly settings: RawConfig
  readonly participants: readonly { readonly jid: Jid; readonly affiliation: string }[]
}

/** A room that is to be made; without a name of its own one is found. */
export interface NewRoom {
  readonly service: Jid
  readonly name?: string | undefined
  readonly settings: RawConfig
}

/** What others may do with the rooms of a domain; used by commands. What rooms refuse is thrown as StanzaError. */
export interface MucLightApi {
  /** The addresses of the services. */
  readonly services: readonly Jid[]
  /** The service beside a domain. */
  serviceOf(domain: string): Jid | undefined
  /** Whether rooms have a setting of this name. */
  hasSetting(field: string): boolean
  /** Whether there is such an account; undefined for those of other servers. */
  hasUser(user: Jid): Promise<boolean | undefined>
  describe(room: Jid): Promise<LightRoomDescription | undefined>
  create(room: NewRoom, owner: Jid): Promise<LightRoomDescription>
  configure(room: Jid, settings: RawConfig, by: Jid): Promise<void>
  /** Without `by` nobody's rights are asked for. */
  changeAffiliations(room: Jid, changes: readonly AffiliationChange[], by?: Jid): Promise<void>
  /** Without `by` nobody's rights are asked for. */
  destroy(room: Jid, by?: Jid): Promise<void>
  roomsOf(user: Jid): Promise<readonly Jid[]>
  /** A part of all rooms of a service, from after this name on. */
  list(
    service: Jid,
    page: { readonly filter: string; readonly after: string; readonly limit: number },
  ): Promise<{
    readonly rooms: readonly LightRoomDescription[]
    readonly count: number
  }>
  /** What a user has blocked at any of the services. */
  blockedBy(user: Jid): Promise<readonly Blocked[]>
  block(user: Jid, changes: readonly BlockChange[]): Promise<void>
  /** Sends a message in the name of somebody, as if a client of this server had. */
  speak(message: Stanza): Promise<void>
}

export const mucLightApi = moduleApi<MucLightApi>('mod_muc_light')
