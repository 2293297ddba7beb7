import { createHash, createHmac } from 'node:crypto'

export interface AwsRequest {
  readonly method: string
  readonly url: URL
  /** Names in lower case; all of them are signed. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
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
  const time = new Date(signer.at).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const headers: Record<string, string> = { ...request.headers, host: request.url.host, 'x-amz-date': time }
  const names = Object.keys(headers).sort()
  const signedHeaders = names.join(';')
  const canonical = [
    request.method,
    canonicalPath(request.url),
    canonicalQuery(request.url),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}`),
    '',
    signedHeaders,
    sha256(request.body),
  ].join('\n')
  const scope = `${day}/${signer.region}/${signer.service}/aws4_request`
  const toSign = [algorithm, time, scope, sha256(canonical)].join('\n')
  const key = [day, signer.region, signer.service, 'aws4_request'].reduce<string | Buffer>(
    (key, part) => hmac(key, part),
    `AWS4${signer.secret}`,
  )
  const signature = hmac(key, toSign).toString('hex')
  const authorization = `${algorithm} Credential=${signer.id}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`
  return { ...headers, authorization }
}

function canonicalPath({ pathname }: URL): string {
  return pathname === ''
    ? '/'
    : pathname
        .split('/')
        .map((part) => encode(decodeURIComponent(part)))
        .join('/')
}

function canonicalQuery({ searchParams }: URL): string {
  const pairs = [...searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`)
  return pairs.sort().join('&')
}

/** RFC 3986, every octet but the unreserved. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
