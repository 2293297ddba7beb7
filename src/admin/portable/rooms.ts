import { basename, join } from 'node:path'
import type { Host } from '../../router/host.ts'
import { exportsRooms, importsRooms, type RoomLine } from '../../router/room-files.ts'
import { isFile, isFolder, NewFile, readLines } from '../../storage/stream-files.ts'
import { DocumentError } from './document.ts'

/** The file that names the others, which hold the users. */
export const mainFile = 'server-data.xml'

/** The files that hold rooms, in the order in which they are read in. */
const roomFiles = ['muc.jsonl', 'muc_light.jsonl']

/** Lines of the history of rooms that are worked on at a time. */
const linesAtOnce = 64

/** What is to be read in: a folder that was exported, a file of rooms, or a document of XEP-0227. */
export function sourceAt(path: string): ImportSource {
  if (isFolder(path)) {
    const rooms = roomFiles.map((name) => join(path, name)).filter((file) => isFile(file))
    return { document: join(path, mainFile), rooms }
  }
  return roomFiles.includes(basename(path)) ? { document: undefined, rooms: [path] } : { document: path, rooms: [] }
}

/** Writes the rooms of these hosts into a folder; gives the names of the files. There is none where there are no rooms. */
export async function exportRooms(dir: string, hosts: readonly Host[]): Promise<string[]> {
  const files = new Map<string, NewFile>()
  try {
    for (const host of hosts) {
      for (const { file, lines } of await host.hooks.gather(exportsRooms, { host })) {
        for await (const line of lines) {
          const out = files.get(file) ?? (await NewFile.create(join(dir, file)))
          files.set(file, out)
          await out.write(`${JSON.stringify(line)}\n`)
        }
      }
    }
    for (const out of files.values()) await out.finish()
  } catch (error) {
    for (const out of files.values()) await out.discard()
    throw error
  }
  return [...files.keys()]
}

/** Where an import comes from. */
export interface ImportSource {
  /** The document that holds the users, or includes those that do. */
  readonly document: string | undefined
  /** Files of rooms. */
  readonly rooms: readonly string[]
}

/** What is told of rooms that are read in. */
export interface RoomCounts {
  taken(kind: string, count: number): void
  failed(room: string, error: string): void
}

export interface RoomImportOptions {
  readonly merge: boolean
  readonly isDryRun: boolean
}

/** Reads one file of rooms in. What is wrong with one room is told, and the others go on. Throws DocumentError. */
export async function importRooms(
  path: string,
  hosts: readonly Host[],
  options: RoomImportOptions,
  counts: RoomCounts,
): Promise<void> {
  const file = basename(path)
  const working = new Set<Promise<void>>()
  /** Rooms of this file, and whether their history is to be read in as well. */
  const rooms = new Map<string, boolean>()
  const take = async (line: RoomLine) => {
    try {
      const imported = await handed(hosts, { file, line, ...options })
      counts.taken(imported.kind, imported.count)
    } catch (error) {
      rooms.set(line.room, false)
      counts.failed(line.room, error instanceof Error ? error.message : String(error))
    }
  }
  for await (const line of linesOf(path)) {
    if (line['message'] === undefined) {
      // Its history follows it.
      await Promise.all(working)
      rooms.set(line.room, true)
      await take(line)
    } else if (rooms.get(line.room) === undefined) {
      counts.failed(line.room, 'a message of a room that does not stand before it')
      rooms.set(line.room, false)
    } else if (rooms.get(line.room) === true) {
      const work = take(line).finally(() => working.delete(work))
      working.add(work)
      if (working.size >= linesAtOnce) await Promise.race(working)
    }
  }
  await Promise.all(working)
}

async function handed(hosts: readonly Host[], event: { file: string; line: RoomLine } & RoomImportOptions) {
  for (const host of hosts) {
    const imported = await host.hooks.run(importsRooms, { host, ...event })
    if (imported !== undefined) return imported
  }
  throw new Error('there is no such service of rooms here')
}

async function* linesOf(path: string): AsyncGenerator<RoomLine> {
  let number = 0
  try {
    for await (const text of readLines(path)) {
      number++
      if (text.trim() !== '') yield roomLine(JSON.parse(text))
    }
  } catch (error) {
    throw unreadable(number === 0 ? path : `${path}:${number}`, error)
  }
}

function unreadable(place: string, cause: unknown): DocumentError {
  return new DocumentError(place, cause)
}

function roomLine(value: unknown): RoomLine {
  const isLine = typeof value === 'object' && value !== null && typeof (value as RoomLine).room === 'string'
  if (!isLine) throw new TypeError('this is no room, nor of one')
  return value as RoomLine
}
