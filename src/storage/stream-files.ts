import { createReadStream, statSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Reads a UTF-8 file piece by piece. Rejects with the system's error, or TypeError where the file is not UTF-8. */
export async function* readPieces(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for await (const bytes of createReadStream(path, { highWaterMark: 262_144 })) {
    yield decoder.decode(bytes as Uint8Array, { stream: true })
  }
  yield decoder.decode()
}

/** Characters gathered before they are written. */
const gathering = 65_536

/** A file that is there, whole and on disk, only once it is finished; for its owner only. It never takes the place of another. */
export class NewFile {
  readonly path: string
  /** Where it is until then. */
  readonly unfinished: string
  readonly #handle: FileHandle
  #waiting: string[] = []
  #waitingLength = 0

  private constructor(path: string, unfinished: string, handle: FileHandle) {
    this.path = path
    this.unfinished = unfinished
    this.#handle = handle
  }

  /** Rejects with the system's error, `EEXIST` where there is such a file. */
  static async create(path: string): Promise<NewFile> {
    // The name is taken at once; what is written lies beside it until it is whole.
    await (await open(path, 'wx', 0o600)).close()
    const unfinished = `${path}.unfinished`
    try {
      return new NewFile(path, unfinished, await open(unfinished, 'w', 0o600))
    } catch (error) {
      await rm(path, { force: true })
      throw error
    }
  }

  /** Settles when more may be written. */
  async write(data: string | Uint8Array): Promise<void> {
    if (typeof data !== 'string') {
      await this.#flush()
      await this.#handle.writeFile(data)
      return
    }
    this.#waiting.push(data)
    this.#waitingLength += data.length
    if (this.#waitingLength >= gathering) await this.#flush()
  }

  /** Puts the file in its place. */
  async finish(): Promise<void> {
    await this.#flush()
    await this.#handle.sync()
    await this.#handle.close()
    await rename(this.unfinished, this.path)
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {})
    await rm(this.unfinished, { force: true })
    await rm(this.path, { force: true })
  }

  async #flush(): Promise<void> {
    const text = this.#waiting.join('')
    this.#waiting = []
    this.#waitingLength = 0
    if (text !== '') await this.#handle.writeFile(text)
  }
}

/** Makes a folder for its owner only; rejects with `ENOTEMPTY` where there is one with something in it. */
export async function emptyFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  if ((await readdir(path)).length === 0) return
  throw Object.assign(new Error(`${path} is not empty`), { code: 'ENOTEMPTY' })
}

/** The folder that a file lies in. */
export function folderOf(path: string): string {
  return dirname(path)
}

/** Whether there is a folder of this name. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** Whether there is a file of this name. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

/** The lines of a UTF-8 file, without holding it. */
export async function* readLines(path: string): AsyncGenerator<string> {
  let rest = ''
  for await (const piece of readPieces(path)) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}
