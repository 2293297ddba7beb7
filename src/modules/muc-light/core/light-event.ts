import type { Jid } from '../../../jid/jid.ts'
import type { AffiliationsChanged } from './affiliations.ts'
import type { LightRoom } from './room.ts'

/** Something has happened to a room, which is as it is after that. */
export type LightEvent =
  | { readonly kind: 'created'; readonly room: LightRoom; readonly by: Jid }
  | {
      readonly kind: 'configured'
      readonly room: LightRoom
      readonly previous: string
      /** Keys of the settings that were named. */
      readonly keys: ReadonlySet<string>
    }
  | {
      readonly kind: 'affiliations'
      readonly room: LightRoom
      readonly previous: string
      readonly changed: AffiliationsChanged
      readonly by: Jid
    }
  /** Everybody was put out. A room that its last occupant leaves is told of as `affiliations`, then as `abandoned`. */
  | { readonly kind: 'destroyed'; readonly room: LightRoom }
  | { readonly kind: 'abandoned'; readonly room: LightRoom }
