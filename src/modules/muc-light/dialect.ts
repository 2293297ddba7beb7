import type { RegisterIq } from '../../module/context.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import type { Parcel } from '../rooms/api.ts'
import type { LightEvent } from './core/light-event.ts'
import type { Schema } from './core/schema.ts'
import type { LightDesk } from './light-desk.ts'

/** How those who belong to a room are told of what has happened. */
export interface Notices {
  /** As the archive keeps it, from the room. */
  readonly record: Stanza | undefined
  readonly parcels: readonly Parcel[]
}

/** What somebody is told about. */
export interface NoticeParts {
  readonly schema: Schema
  /** Id of what has caused it. */
  readonly id: string
}

/** Where requests to a service and to its rooms are answered. */
export interface DialectPoint {
  readonly service: RegisterIq
  readonly room: RegisterIq
}

/** The stanzas in which clients and rooms speak to each other. */
export interface Dialect {
  /** Name of the service. */
  readonly name: string
  /** Its feature, and the node under which the domain lists it. */
  readonly ns: string
  /** Whether lists tell the versions of rooms. */
  readonly showsVersions: boolean
  notices(event: LightEvent, parts: NoticeParts): Notices
  answer(point: DialectPoint, desk: LightDesk): void
  /** Takes presence that is sent to a room. */
  presence?(stanza: Stanza, desk: LightDesk): Promise<void> | undefined
  /** The new subject in a message that is there to set it. */
  subjectOf?(message: Stanza): string | undefined
}
