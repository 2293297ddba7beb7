import { z } from 'zod'
import { hostTemplate, intOrInfinity, oneOf } from '../../config/option.ts'

const live = { reload: 'live' } as const

const withoutLimit = ['infinity', 'undefined']

const s3 = z.strictObject({
  bucket_url: z
    .string()
    .refine(isPlainUrl, { error: 'Expected the address of a bucket: "https://name" or "https://name/path".' })
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

const megabyte = 1_048_576

const file = z.strictObject({
  url: z
    .string()
    .refine((text) => isPlainUrl(text.replaceAll('@HOST@', 'localhost')), { error: 'Expected "https://name/path".' })
    .describe('Where clients reach the `upload_handler` of an HTTP listener; `@HOST@` stands for the domain.')
    .meta({ ...live, example: 'https://files.example.org/upload' }),
  directory: z
    .string()
    .min(1)
    .describe('Folder of the files, for nothing else; it is made when it is not there.')
    .meta({ reload: 'restart', example: '/var/lib/meerkat/uploads' }),
  max_user_size: intOrInfinity()
    .default(100 * megabyte)
    .describe('Bytes that the files of one account may have together.')
    .meta(live),
  max_user_files: intOrInfinity().default(1000).describe('Files that one account may have.').meta(live),
  max_day_size: intOrInfinity()
    .default(100 * megabyte)
    .describe('Bytes that one account may upload within 24 hours.')
    .meta(live),
  keep_days: intOrInfinity().default(30).describe('Days after which a file is removed.').meta(live),
  max_uploads: z.int().positive().default(100).describe('Most uploads under way at a time.').meta(live),
  max_user_uploads: z.int().positive().default(10).describe('The same, of one account.').meta(live),
})

/** How files are kept in a folder of this server. */
export type FileOptions = z.infer<typeof file>

export const options = z
  .strictObject({
    host: hostTemplate()
      .default('upload.@HOST@')
      .describe('Address of the service; `@HOST@` stands for the domain.')
      .meta({ reload: 'restart' }),
    backend: oneOf('s3', 'file')
      .default('s3')
      .describe('Where files are: in a store with the interface of S3, or in a folder of this server.')
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
    file: file
      .optional()
      .describe('The folder, for the backend `file`; its files stay reachable with the backend `s3`, too.'),
  })
  .superRefine((value, context) => {
    const { backend } = value
    if (value[backend] !== undefined) return
    const message = `The backend "${backend}" needs this table.`
    context.addIssue({ code: 'custom', path: [backend], input: undefined, message })
  })

export type UploadOptions = z.infer<typeof options>

function isPlainUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false
  const { username, password, pathname, search, hash } = new URL(text)
  return [username, password, search, hash].every((part) => part === '') && /^[\w\-.~/]*$/.test(pathname)
}
