import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'

/** A store with the interface of S3, which checks signatures; everybody may read what is in its bucket. */
export class S3Store {
  readonly url: string
  /** The one key that it knows. */
  readonly key = 'S3RVER'
  readonly secret = 'S3RVER'
  readonly #server: S3rver
  readonly #folder: string

  private constructor(server: S3rver, folder: string, port: number) {
    this.#server = server
    this.#folder = folder
    this.url = `http://127.0.0.1:${port}/files`
  }

  static async start(): Promise<S3Store> {
    const directory = await mkdtemp(join(tmpdir(), 'meerkat-s3-'))
    const configureBuckets = [{ name: 'files' }]
    const server = new S3rver({ port: 0, address: '127.0.0.1', directory, silent: true, configureBuckets })
    const { port } = await server.run()
    return new S3Store(server, directory, port)
  }

  /** The table of a configuration for it. */
  get table(): string {
    return `[modules.mod_http_upload.s3]
bucket_url = "${this.url}"
region = "eu-west-1"
access_key_id = "${this.key}"
secret_access_key = "${this.secret}"
`
  }

  async stop(): Promise<void> {
    await this.#server.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
