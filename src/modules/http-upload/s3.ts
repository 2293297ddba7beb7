import { randomBytes } from 'node:crypto'
import { encodeRfc3986, presignAws } from '../../net/aws-signature.ts'
import type { Clock } from '../../util/clock.ts'
import type { Slot, SlotSource, SlotTerms, WantedFile } from './api.ts'
import type { UploadOptions } from './options.ts'

/** Slots in a store with the interface of S3. Nothing is kept of them here: the store checks the signature. */
export class S3Slots implements SlotSource {
  /** Those of the module, read when they are used. */
  readonly #options: UploadOptions
  readonly #clock: Clock

  constructor(options: UploadOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
  }

  slot({ filename, size, contentType }: WantedFile, { lifetime }: SlotTerms): Slot {
    const { s3, token_bytes } = this.#options
    if (s3 === undefined) throw new Error('the backend s3 has no store')
    const token = randomBytes(token_bytes).toString('hex')
    const get = `${s3.bucket_url.replace(/\/+$/, '')}/${token}/${encodeRfc3986(filename)}`
    const headers = {
      'content-length': String(size),
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(s3.add_acl ? { 'x-amz-acl': 'public-read' } : {}),
    }
    const put = presignAws(
      { method: 'PUT', url: new URL(get), headers, expires: lifetime },
      {
        ...{ id: s3.access_key_id, secret: s3.secret_access_key, region: s3.region },
        ...{ service: 's3', at: this.#clock.now() },
      },
    )
    return { put, get }
  }
}
