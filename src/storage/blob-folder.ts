import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { randomId } from '../util/random-id.ts'

/** There is no room for a file; nothing of it is left behind. */
export class FolderFull extends Error {
  override readonly name = 'FolderFull'
}

/** Bytes of a file from one place to another, both included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Files of bytes in a folder of their own, readable by nobody else. A file is there as a whole or not at all: it is written beside the
 * others, and gets its name when it is on disk.
 */
export class BlobFolder {
  readonly #folder: string
  readonly #unfinished: string

  private constructor(folder: string) {
    this.#folder = folder
    this.#unfinished = join(folder, 'unfinished')
  }

  /** Makes the folder if need be. */
  static async open(folder: string): Promise<BlobFolder> {
    const made = new BlobFolder(folder)
    await mkdir(made.#unfinished, { recursive: true, mode: 0o700 })
    return made
  }

  /**
   * Writes a file; `name` has lower-case letters and digits only, two at least. Resolves when it is on disk under that name. Rejects with
   * FolderFull, or with what `bytes` or the system threw.
   */
  async put(name: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const unfinished = join(this.#unfinished, `${name}-${randomId(6)}`)
    try {
      await write(unfinished, bytes)
      const shelf = await this.#shelfFor(name)
      await rename(unfinished, join(shelf, name))
      await syncFolder(shelf)
    } catch (error) {
      await rm(unfinished, { force: true })
      throw isFull(error) ? new FolderFull('there is no room on the disk', { cause: error }) : error
    }
  }

  /** The bytes of a file, or a part of them; undefined where there is no such file. */
  async read(name: string, range?: ByteRange): Promise<Readable | undefined> {
    try {
      const handle = await open(this.#pathOf(name), 'r')
      return handle.createReadStream(range)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
  }

  /** Removes a file, if it is there. */
  async remove(name: string): Promise<void> {
    await rm(this.#pathOf(name), { force: true })
  }

  /** Removes what was begun before `moment` (milliseconds since the epoch) and never finished, as after a crash. */
  async removeUnfinished(moment: number): Promise<void> {
    for (const entry of await readdir(this.#unfinished)) {
      const path = join(this.#unfinished, entry)
      const found = await stat(path).catch(ifGone)
      if (found !== undefined && found.mtimeMs < moment) await rm(path, { force: true })
    }
  }

  #pathOf(name: string): string {
    return join(this.#folder, name.slice(0, 2), name)
  }

  async #shelfFor(name: string): Promise<string> {
    const shelf = join(this.#folder, name.slice(0, 2))
    if ((await mkdir(shelf, { recursive: true, mode: 0o700 })) !== undefined) await syncFolder(this.#folder)
    return shelf
  }
}

async function write(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    for await (const part of bytes) await writeWhole(handle, part)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A disk that fills up takes a part first, and nothing then. */
async function writeWhole(handle: Awaited<ReturnType<typeof open>>, part: Uint8Array): Promise<void> {
  for (let at = 0; at < part.length; ) at += (await handle.write(part, at)).bytesWritten
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(error) ?? '')
}

function ifGone(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
}
