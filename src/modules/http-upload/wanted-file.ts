import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import type { WantedFile } from './api.ts'

export const uploadNs = 'urn:xmpp:http:upload:0'

/** No file system has longer names, in bytes; S3 takes a kilobyte for name and token together. */
const longestName = 800

/** Reads a request for a slot (XEP-0363 §5). Throws StanzaError for one without a name or a size. */
export function readRequest(request: Element): WantedFile {
  const size = request.attr('size')
  if (size === undefined) throw badRequest('The size is missing')
  if (!/^\d+$/.test(size)) throw badRequest('The size is not a positive integer')
  return {
    filename: request.attr('filename') ?? '',
    size: Number(size),
    contentType: request.attr('content-type')?.trim() || undefined,
  }
}

/** Throws StanzaError for a file that cannot be taken, or that is larger than `maxSize` bytes. */
export function mustBeFine({ filename, size, contentType }: WantedFile, maxSize: number): void {
  if (filename === '') throw badRequest('The file name is missing')
  if (Buffer.byteLength(filename) > longestName) throw badRequest('The file name is too long')
  // As a segment of a path these are no names, however they are written.
  if (filename === '.' || filename === '..') throw badRequest('This is not a file name')
  if (size <= 0) throw badRequest('The size is not a positive integer')
  if (size > maxSize) throw tooLarge(maxSize)
  if (!Number.isSafeInteger(size)) throw badRequest('There are no files of that size')
  if (contentType !== undefined && !/^[\x20-\x7e]+$/.test(contentType)) throw badRequest('This is not a content type')
}

function badRequest(text: string): StanzaError {
  return new StanzaError('bad-request', { text })
}

/** XEP-0363 §7. */
function tooLarge(maxSize: number): StanzaError {
  return new StanzaError('not-acceptable', {
    text: `The file is too large: at most ${maxSize} bytes are taken`,
    app: el('file-too-large', uploadNs, el('max-file-size', uploadNs, String(maxSize))),
  })
}
