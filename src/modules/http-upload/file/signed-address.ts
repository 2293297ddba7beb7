import { createHmac, timingSafeEqual } from 'node:crypto'
import { encodeRfc3986 } from '../../../net/aws-signature.ts'
import type { FileAddress } from '../../../net/upload-route.ts'

/** What an address lets somebody upload. */
export interface Permit extends FileAddress {
  /** Bytes. */
  readonly size: number
  readonly contentType: string | undefined
  /** Whose file it is; '' for nobody's. */
  readonly user: string
  /** Until when the upload has to begin, in milliseconds since the epoch. */
  readonly until: number
}

/** Where a file is: `BASE/DOMAIN/TOKEN/NAME`. */
export function fileUrl(base: string, { domain, token, name }: FileAddress): string {
  const start = base.replaceAll('@HOST@', domain).replace(/\/+$/, '')
  return [start, ...[domain, token, name].map(encodeRfc3986)].join('/')
}

/** What is added to it for who may upload. */
export function signedQuery(permit: Permit, key: Buffer): string {
  const { size, contentType, user, until } = permit
  const query = new URLSearchParams({ size: String(size) })
  if (contentType !== undefined) query.set('type', contentType)
  query.set('user', user)
  query.set('until', String(until))
  query.set('signature', sign(permit, key).toString('base64url'))
  return query.toString()
}

/** What an address permits; undefined for one that has not been signed here. */
export function readPermit(address: FileAddress, query: URLSearchParams, key: Buffer): Permit | undefined {
  const permit: Permit = {
    ...address,
    size: Number(query.get('size') ?? Number.NaN),
    contentType: query.get('type') ?? undefined,
    user: query.get('user') ?? '',
    until: Number(query.get('until') ?? Number.NaN),
  }
  const given = Buffer.from(query.get('signature') ?? '', 'base64url')
  const right = sign(permit, key)
  return given.length === right.length && timingSafeEqual(given, right) ? permit : undefined
}

function sign({ domain, token, name, size, contentType, user, until }: Permit, key: Buffer): Buffer {
  const said = JSON.stringify([domain, token, name, size, contentType ?? null, user, until])
  return createHmac('sha256', key).update(said).digest()
}
