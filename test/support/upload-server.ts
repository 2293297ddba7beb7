import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type OwnServer, type OwnServerOptions, ownServer } from './own-server.ts'
import { freePorts } from './services.ts'

/** Our own server that keeps files itself. */
export interface UploadServer extends OwnServer {
  /** Where it keeps them. */
  readonly folder: string
  /** Where the handler is. */
  readonly url: string
}

/** Starts one for the tests of the surrounding block; `options` stand in the table of the folder, `more` are further tables. */
export function uploadServer(options = '', more = '', rest: OwnServerOptions = {}): UploadServer {
  let place = ''
  let port = 0
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'meerkat-uploads-'))
    ;[port = 0] = await freePorts(1)
  })
  // Comes after that of the server, which is registered later.
  afterAll(() => rm(place, { recursive: true, force: true }))
  const url = () => `http://127.0.0.1:${port}/upload`
  const tables = () => `
[[listen.http]]
port = ${port}
ip_address = "127.0.0.1"
[[listen.http.handlers.upload_handler]]
path = "/upload"
[modules.mod_http_upload]
backend = "file"
[modules.mod_http_upload.file]
url = "${url()}"
directory = ${JSON.stringify(place)}
${options}
${more}`
  const own = ownServer(tables, rest)
  return Object.defineProperties(own, {
    folder: { get: () => place },
    url: { get: url },
  }) as UploadServer
}
