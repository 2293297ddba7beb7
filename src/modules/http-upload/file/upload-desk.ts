import { HttpError } from '../../../net/http-exchange.ts'
import type { FileAddress, FileDoor, IncomingFile, ServedFile } from '../../../net/upload-route.ts'
import { FolderFull } from '../../../storage/blob-folder.ts'
import type { FileParts } from './parts.ts'
import { type Permit, readPermit } from './signed-address.ts'

/** An upload that has taken longer has been forgotten by whoever received it, in milliseconds. */
const longestUpload = 3_600_000

/** Stands for a moment that does not come. */
const never = Number.MAX_SAFE_INTEGER

/** Takes the files for which there are slots, and gives those that have come. */
export class UploadDesk implements FileDoor {
  readonly #parts: FileParts
  /** Whose they are, as `user@domain`. */
  readonly #underWay = new Map<Promise<void>, string>()
  #isClosed = false

  constructor(parts: FileParts) {
    this.#parts = parts
  }

  async receive(file: IncomingFile): Promise<void> {
    const { clock, db, key } = this.#parts
    const permit = readPermit(file.address, file.query, key)
    if (permit === undefined) throw new HttpError(403, 'This is no address for an upload')
    if (permit.until <= clock.now()) throw new HttpError(403, 'The time of this address is over')
    mustFit(file, permit)
    if (!db.canAccept()) throw new HttpError(503, 'Nothing can be stored now', { 'retry-after': '60' })
    const who = `${permit.user}@${permit.domain}`
    this.#checkRoom(who)
    const upload = this.#store(file, permit)
    this.#underWay.set(upload, who)
    try {
      await upload
    } finally {
      this.#underWay.delete(upload)
    }
  }

  /** Breaks off what is under way. Resolves when nothing is any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#underWay.keys())
  }

  /** Throws HttpError while too many uploads are under way, in all or of one account. */
  #checkRoom(who: string): void {
    const { limits, limitReached } = this.#parts
    const { max_uploads, max_user_uploads } = limits()
    const isFull = this.#underWay.size >= max_uploads
    if (!isFull && [...this.#underWay.values()].filter((other) => other === who).length < max_user_uploads) return
    limitReached(isFull ? 'uploads' : 'user_uploads', { jid: who })
    throw new HttpError(isFull ? 503 : 429, 'Too many uploads are under way', { 'retry-after': '10' })
  }

  async find({ domain, token, name }: FileAddress): Promise<ServedFile | undefined> {
    const { store, folder, clock } = this.#parts
    const found = await store.find(token, clock.now())
    if (found === undefined || found.domain !== domain || found.filename !== name) return undefined
    const { size, contentType } = found
    return { name, size, contentType, read: (range) => folder.read(token, range) }
  }

  async #store({ bytes, contentType }: IncomingFile, { token, until, ...permit }: Permit): Promise<void> {
    const { store, folder, clock, log, limits } = this.#parts
    const now = clock.now()
    if (!(await store.begin(token, now, now + longestUpload))) {
      throw new HttpError(409, 'The file has come already, or is on its way')
    }
    try {
      await folder.put(token, this.#whileOpen(bytes))
    } catch (error) {
      // With what is left of its time, the client may try again.
      await store.waitAgain(token, until)
      if (error instanceof FolderFull) log.error({ what: 'upload_folder_full', reason: error })
      throw error instanceof FolderFull ? new HttpError(507, 'There is no room for the file') : error
    }
    const expiresAt = Math.min(never, clock.now() + limits().keep_days * 86_400_000)
    if (await store.finish(token, permit.contentType ?? contentType, expiresAt)) return
    // Whose file it is has gone.
    await folder.remove(token)
    throw new HttpError(410, 'The file is not wanted any more')
  }

  async *#whileOpen(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const part of bytes) {
      if (this.#isClosed) throw new HttpError(503, 'Uploads end here')
      yield part
    }
  }
}

/** Throws HttpError for a file that is not the one that was asked for. */
function mustFit({ length, contentType = '' }: IncomingFile, permit: Permit): void {
  if (length === undefined) throw new HttpError(411, 'The length is missing')
  if (length > permit.size) throw new HttpError(413, `The file is larger than ${permit.size} bytes`)
  if (length < permit.size) throw new HttpError(400, `The file is smaller than ${permit.size} bytes`)
  if (permit.contentType !== undefined && plainType(contentType) !== plainType(permit.contentType)) {
    throw new HttpError(415, 'The content type is another one than was asked for')
  }
}

/** A content type as those that are equal are written (RFC 9110 §8.3.1). */
function plainType(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll(/\s*;\s*/g, ';')
}
