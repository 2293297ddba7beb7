import { chain, collect } from '../hooks/hook.ts'
import type { Imported } from './events.ts'
import type { Host } from './host.ts'

// Rooms are no part of XEP-0227: they stand in files of their own beside its documents, a JSON object a line.

/** A line: `room` is the address that it belongs to, `message` stands in those of its history. */
export interface RoomLine {
  readonly room: string
  readonly [name: string]: unknown
}

/** All rooms of one kind; each is described by one line, which those of its history follow. */
export interface ExportedRooms {
  readonly file: string
  readonly lines: AsyncIterable<RoomLine>
}
/** Rooms are written out: each module of rooms gives its own. */
export const exportsRooms = collect<{ readonly host: Host }, ExportedRooms>('exportsRooms', {
  slots: ['main'],
  onFailure: 'abort',
})

/** A line of such a file. */
export interface ImportedRoomLine {
  readonly host: Host
  /** The name of the file, without a folder. */
  readonly file: string
  readonly line: RoomLine
  /** Whether something may be added to a room that exists; its configuration stays. */
  readonly merge: boolean
  /** Only to be looked at: nothing is stored, but whatever would fail is thrown. */
  readonly isDryRun: boolean
}
/**
 * A room is read in. The module of its service answers what it has taken, and throws an Error that says what is wrong. The same
 * line again must change nothing.
 */
export const importsRooms = chain<ImportedRoomLine, Imported>('importsRooms', { slots: ['main'], onFailure: 'abort' })
