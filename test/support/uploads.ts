import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import type { Client } from './client.ts'
import { escapeXml, type XmlNode } from './xml.ts'

export const uploadNs = 'urn:xmpp:http:upload:0'

/** A file as a client asks for a slot for it. */
export interface AskedFile {
  readonly name?: string
  readonly size?: number | string
  readonly type?: string
}

export interface UploadSlot {
  readonly put: string
  readonly get: string
}

/** `<request/>` of a slot; what is not given is left out. */
export function slotRequest({ name, size, type }: AskedFile): string {
  const attributes = Object.entries({ filename: name, size, 'content-type': type })
  const written = attributes.map(([key, value]) => (value === undefined ? '' : ` ${key}='${escapeXml(String(value))}'`))
  return `<request xmlns='${uploadNs}'${written.join('')}/>`
}

/** Asks for a slot and takes the answer apart. */
export async function slotFor(client: Client, file: AskedFile, to = 'upload.localhost'): Promise<UploadSlot> {
  const slot = (await client.asks(slotRequest(file), 'get', { to })).child('slot', uploadNs)
  return { put: urlIn(slot, 'put'), get: urlIn(slot, 'get') }
}

function urlIn(slot: XmlNode | undefined, name: string): string {
  return slot?.child(name)?.attr('url') ?? ''
}

/** Uploads, and tells the status. */
export async function put(
  url: string,
  body: Uint8Array | string,
  headers: Record<string, string> = {},
): Promise<number> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const response = await fetch(url, { method: 'PUT', body: bytes, headers })
  await response.arrayBuffer()
  return response.status
}

/** A request that is sent bit by bit. */
export interface SlowUpload {
  /** Resolves when the server has begun to look at it. */
  readonly begun: Promise<unknown>
  readonly status: Promise<number>
  send(text: string): void
  end(): void
  /** Leaves in the middle. */
  leave(): void
}

/** Begins to upload `size` bytes; without a size they come in chunks. */
export function beginPut(url: string, size: number | undefined, headers: Record<string, string> = {}): SlowUpload {
  const length = size === undefined ? {} : { 'content-length': String(size) }
  const sent = request(url, { method: 'PUT', headers: { ...headers, ...length, expect: '100-continue' } })
  const begun = new Promise((resolve) => {
    sent.once('continue', resolve)
    sent.once('response', resolve)
    sent.once('error', resolve)
  })
  const status = new Promise<number>((resolve, reject) => {
    sent.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.once('error', reject)
  })
  // Whoever leaves does not look at what becomes of it.
  status.catch(() => {})
  sent.flushHeaders()
  return {
    begun,
    status,
    send: (text) => void sent.write(text),
    end: () => void sent.end(),
    leave: () => void sent.destroy(),
  }
}

/** Every file under a folder, those of uploads that are not finished among them. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

/** Looks again, each time that the event loop has gone round, until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
}
