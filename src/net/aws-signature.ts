import { createHash, createHmac } from 'node:crypto'

export interface AwsRequest {
  readonly method: string
  readonly url: URL
  /** Names in lower case; all of them are signed. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A request that somebody else is to make. */
export interface AwsPresignedRequest {
  readonly method: string
  /** Without a query. */
  readonly url: URL
  /** Those that the request has to have, with just these values; names in lower case. `host` need not be given. */
  readonly headers: Readonly<Record<string, string>>
  /** How long the address is good for, in seconds. */
  readonly expires: number
}

export interface AwsSigner {
  readonly id: string
  readonly secret: string
  readonly region: string
  readonly service: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

const algorithm = 'AWS4-HMAC-SHA256'

/** The headers of a request, signed: AWS Signature Version 4. */
export function signAws(request: AwsRequest, signer: AwsSigner): Record<string, string> {
  const moment = momentOf(signer)
  const headers: Record<string, string> = { ...request.headers, host: request.url.host, 'x-amz-date': moment.time }
  const signature = signatureOf(
    { ...request, headers, query: [...request.url.searchParams], payload: sha256(request.body) },
    signer,
    moment,
  )
  const authorization = `${algorithm} Credential=${signer.id}/${moment.scope}, SignedHeaders=${namesOf(headers)}, Signature=${signature}`
  return { ...headers, authorization }
}

/**
 * An address that holds the signature, so that whoever has it can make the request, with any body: AWS Signature Version 4 in the
 * query.
 */
export function presignAws({ method, url, headers: given, expires }: AwsPresignedRequest, signer: AwsSigner): string {
  const moment = momentOf(signer)
  const headers = { ...given, host: url.host }
  const query: [string, string][] = [
    ['X-Amz-Algorithm', algorithm],
    ['X-Amz-Credential', `${signer.id}/${moment.scope}`],
    ['X-Amz-Date', moment.time],
    ['X-Amz-Expires', String(expires)],
    ['X-Amz-SignedHeaders', namesOf(headers)],
  ]
  const signature = signatureOf({ method, url, headers, query, payload: 'UNSIGNED-PAYLOAD' }, signer, moment)
  return `${url.href}?${canonicalQuery(query)}&X-Amz-Signature=${signature}`
}

/** RFC 3986: every octet of the text in UTF-8 as `%XX`, but for the unreserved ones. */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

interface Moment {
  /** `20150830T123600Z` */
  readonly time: string
  readonly day: string
  /** What the key is good for. */
  readonly scope: string
}

function momentOf({ at, region, service }: AwsSigner): Moment {
  const time = new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  return { time, day, scope: `${day}/${region}/${service}/aws4_request` }
}

interface Signed {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly query: readonly (readonly [string, string])[]
  /** Hash of the body, or what stands for it. */
  readonly payload: string
}

function signatureOf(request: Signed, signer: AwsSigner, { time, day, scope }: Moment): string {
  const { method, url, headers, query, payload } = request
  const canonical = [
    method,
    canonicalPath(url),
    canonicalQuery(query),
    ...Object.keys(headers)
      .sort()
      .map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}`),
    '',
    namesOf(headers),
    payload,
  ].join('\n')
  const toSign = [algorithm, time, scope, sha256(canonical)].join('\n')
  const key = [day, signer.region, signer.service, 'aws4_request'].reduce<string | Buffer>(
    (key, part) => hmac(key, part),
    `AWS4${signer.secret}`,
  )
  return hmac(key, toSign).toString('hex')
}

function namesOf(headers: Readonly<Record<string, string>>): string {
  return Object.keys(headers).sort().join(';')
}

/** As S3 has it: every character encoded once, but slashes as they are, also those that are encoded in the address. */
function canonicalPath({ pathname }: URL): string {
  return decodeURIComponent(pathname).split('/').map(encodeRfc3986).join('/')
}

function canonicalQuery(query: readonly (readonly [string, string])[]): string {
  const pairs = query.map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`)
  return pairs.sort().join('&')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
