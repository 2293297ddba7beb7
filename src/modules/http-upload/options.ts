import { z } from 'zod'
import { hostTemplate, oneOf } from '../../config/option.ts'

const live = { reload: 'live' } as const

const withoutLimit = ['infinity', 'undefined']

const s3 = z.strictObject({
  bucket_url: z
    .string()
    .refine(isBucketUrl, { error: 'Expected the address of a bucket: "https://name" or "https://name/path".' })
    .describe('Where the bucket is; a path is kept.')
    .meta({ ...live, example: 'https://s3.example.org/bucket' }),
  region: z
    .string()
    .min(1)
    .describe('Region.')
    .meta({ ...live, example: 'eu-west-1' }),
  access_key_id: z
    .string()
    .min(1)
    .describe('Id of the access key.')
    .meta({ ...live, example: 'AKIAIOSFODNN7EXAMPLE' }),
  secret_access_key: z
    .string()
    .min(1)
    .describe('The access key.')
    .meta({ secret: true, ...live, example: 'secret' }),
  add_acl: z
    .boolean()
    .default(false)
    .describe('Sign `x-amz-acl: public-read`, a header that the client must send then.')
    .meta(live),
})

export const options = z
  .strictObject({
    host: hostTemplate()
      .default('upload.@HOST@')
      .describe('Address of the service; `@HOST@` stands for the domain.')
      .meta({ reload: 'restart' }),
    backend: oneOf('s3')
      .default('s3')
      .describe('Where files are: in a store with the interface of S3.')
      .meta({ reload: 'restart' }),
    expiration_time: z
      .int()
      .positive()
      .default(60)
      .describe('Seconds within which an upload has to begin.')
      .meta({ ...live, shownAs: 'seconds' }),
    token_bytes: z.int().positive().max(256).default(32).describe('Random bytes in the address of a file.').meta(live),
    max_file_size: z
      .union([z.int().positive(), z.enum(withoutLimit)], { error: 'Expected a positive integer or "infinity".' })
      .default(10_485_760)
      .transform((value) => (typeof value === 'number' ? value : Number.POSITIVE_INFINITY))
      .describe('Largest file, in bytes; in MongooseIM 4 `"undefined"` is `"infinity"`.')
      .meta({ ...live, shownAs: 'integer > 0 or "infinity"' }),
    s3: s3.optional().describe('The store, for the backend `s3`.'),
  })
  .superRefine(({ backend, s3 }, context) => {
    if (backend !== 's3' || s3 !== undefined) return
    context.addIssue({ code: 'custom', path: ['s3'], input: s3, message: 'The backend "s3" needs this table.' })
  })

export type UploadOptions = z.infer<typeof options>

function isBucketUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false
  const { username, password, pathname, search, hash } = new URL(text)
  return [username, password, search, hash].every((part) => part === '') && /^[\w\-.~/]*$/.test(pathname)
}
