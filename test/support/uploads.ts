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
