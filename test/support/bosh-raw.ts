import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import { parseFrame, writeXml, type XmlNode } from './xml.ts'

export const boshNs = 'http://jabber.org/protocol/httpbind'
export const xboshNs = 'urn:xmpp:xbosh'

/** An answer over HTTP. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** A request that is under way, and its end. */
export interface Asking {
  readonly answer: Promise<HttpAnswer>
  /** Hangs up; the answer rejects. */
  hangUp(): void
}

/** Asks over a connection of its own. Certificates are not checked: the servers under test sign their own. */
export function ask(url: string, method: string, body?: string | Buffer, headers: Record<string, string> = {}): Asking {
  const sent = url.startsWith('https:')
    ? secureRequest(url, { agent: new SecureAgent({ keepAlive: false }), rejectUnauthorized: false, method, headers })
    : request(url, { agent: new Agent({ keepAlive: false }), method, headers })
  const answer = new Promise<HttpAnswer>((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(parts).toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
      })
    })
  })
  // Who hangs up does not look at it.
  answer.catch(() => {})
  sent.end(body)
  return { answer, hangUp: () => void sent.destroy() }
}

/** A request and what it is answered with, as `<body/>`. */
export interface Exchange {
  readonly answer: Promise<XmlNode>
  hangUp(): void
}

/** A session that is spoken to request by request. */
export class RawBosh {
  readonly url: string
  sid = ''
  rid: number

  constructor(url: string, rid = 1_000_001) {
    this.url = url
    this.rid = rid
  }

  /** Sends a request with these attributes and this in it, whatever they are. */
  exchange(attributes: Record<string, string | undefined>, content = ''): Exchange {
    const written = Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [` ${name}='${value}'`],
    )
    const text = `<body xmlns='${boshNs}' xmlns:xmpp='${xboshNs}'${written.join('')}>${content}</body>`
    const { answer, hangUp } = ask(this.url, 'POST', text)
    const parsed = answer.then(({ text: answered }) => parseFrame(answered))
    parsed.catch(() => {})
    return { answer: parsed, hangUp }
  }

  /** The next request. */
  next(content = '', attributes: Record<string, string | undefined> = {}): Exchange {
    return this.exchange({ rid: String(this.rid++), sid: this.sid, ...attributes }, content)
  }

  says(content = '', attributes: Record<string, string | undefined> = {}): Promise<XmlNode> {
    return this.next(content, attributes).answer
  }

  /** Asks for a session. */
  async create(to: string, attributes: Record<string, string | undefined> = {}): Promise<XmlNode> {
    const asked = {
      to,
      wait: '60',
      hold: '1',
      ver: '1.6',
      'xmpp:version': '1.0',
      rid: String(this.rid++),
      ...attributes,
    }
    const answer = await this.exchange(asked).answer
    this.sid = answer.attr('sid') ?? ''
    return answer
  }

  /** Signs in and binds a resource; gives the full address. */
  async signIn(user: string, password: string, resource: string): Promise<string> {
    const plain = Buffer.from(`\0${user}\0${password}`).toString('base64')
    const sasl = 'urn:ietf:params:xml:ns:xmpp-sasl'
    const success = await this.says(`<auth xmlns='${sasl}' mechanism='PLAIN'>${plain}</auth>`)
    if (success.child('success', sasl) === undefined) throw new Error(`not signed in: ${success}`)
    await this.says('', { 'xmpp:restart': 'true' })
    const bind = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${resource}</resource></bind>`
    const bound = await this.says(`<iq xmlns='jabber:client' type='set' id='b'>${bind}</iq>`)
    const jid = /<jid>([^<]+)</.exec(writeXml(bound))?.[1]
    if (jid === undefined) throw new Error(`not bound: ${bound}`)
    return jid
  }
}

/** How an answer ends the session: its condition, or that of the stream error in it. */
export function endOf(body: XmlNode): string | undefined {
  if (body.attr('type') !== 'terminate') return undefined
  const error = body.child('error', 'http://etherx.jabber.org/streams')
  const condition = error?.elements()[0]?.name
  return [body.attr('condition') ?? 'closed', ...(condition === undefined ? [] : [condition])].join(': ')
}
