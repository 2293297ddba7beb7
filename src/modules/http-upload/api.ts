import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { FileDoor } from '../../net/upload-route.ts'

/** A file that somebody wants to upload. */
export interface WantedFile {
  readonly filename: string
  /** Bytes. */
  readonly size: number
  readonly contentType: string | undefined
}

/** For whom, and for how long. */
export interface SlotTerms {
  /** The account whose file it will be; undefined for one that is nobody's. */
  readonly owner: Jid | undefined
  /** The hosted domain that the service stands beside. */
  readonly domain: string
  /** Seconds within which the upload has to begin. */
  readonly lifetime: number
}

/** Where a file goes, and where it will be. */
export interface Slot {
  readonly put: string
  readonly get: string
}

/** Gives slots; each backend has its own. */
export interface SlotSource {
  /** Throws StanzaError where there is no room. */
  slot(file: WantedFile, terms: SlotTerms): Slot | Promise<Slot>
}

/** What commands and HTTP listeners may do with uploads. */
export interface HttpUploadApi {
  /** Rejects with StanzaError for a file that cannot be taken. */
  slot(file: WantedFile, terms: SlotTerms): Promise<Slot>
  /** Takes and gives the files that are kept here; undefined where they are kept elsewhere. */
  readonly door: FileDoor | undefined
}
export const httpUploadApi = moduleApi<HttpUploadApi>('mod_http_upload')
