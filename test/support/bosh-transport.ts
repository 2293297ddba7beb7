import { Agent, request } from 'node:http'
import type { Inbox } from './inbox.ts'
import type { Transport } from './transport.ts'
import { escapeXml, NS, parseFrame, XmlNode } from './xml.ts'

const boshNs = 'http://jabber.org/protocol/httpbind'
const xboshNs = 'urn:xmpp:xbosh'
const mostUnderWay = 2

interface Job {
  readonly attributes: Readonly<Record<string, string | undefined>>
  readonly content: string
}

/** Posts a text; undefined when the request was given up. */
function post(url: string, agent: Agent, text: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const sent = request(url, { agent, method: 'POST', headers: { 'content-type': 'text/xml; charset=utf-8' } })
    sent.on('error', () => resolve(undefined))
    sent.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part) => parts.push(part))
      response.on('error', () => resolve(undefined))
      response.on('end', () => resolve(Buffer.concat(parts).toString()))
    })
    sent.end(text)
  })
}

/**
 * XEP-0124 and XEP-0206, spoken to as RFC 7395 is: an element at a time, `<open/>` and `<close/>` around them. Always has a
 * request with the server, and never more than two.
 */
export class BoshTransport implements Transport {
  readonly kind = 'bosh'
  received = ''
  isClosed = false
  readonly #url: string
  readonly #inbox: Inbox
  readonly #agent = new Agent({ keepAlive: true })
  readonly #jobs: Job[] = []
  readonly #answers = new Map<number, string>()
  #sid = ''
  #rid = 1 + Math.floor(Math.random() * 2 ** 40)
  #nextAnswer = this.#rid
  #underWay = 0
  #header = new XmlNode('open', NS.framing, {})
  #isOpening = false
  #isDestroyed = false

  constructor(url: string, inbox: Inbox) {
    this.#url = url
    this.#inbox = inbox
  }

  send(data: string | Uint8Array): void {
    const text = typeof data === 'string' ? data : Buffer.from(data).toString()
    if (/^<open\s/.test(text)) this.#jobs.push({ attributes: this.#opening(parseFrame(text)), content: '' })
    else if (/^<close\s/.test(text)) this.#jobs.push({ attributes: { type: 'terminate' }, content: '' })
    else this.#jobs.push({ attributes: {}, content: text })
    this.#pump()
  }

  restart(): void {}

  /** Hangs up. The server learns of it by the silence that follows, of which it is asked to allow very little. */
  destroy(): void {
    const isOpen = this.#sid !== '' && !this.isClosed
    this.#isDestroyed = true
    this.isClosed = true
    if (!isOpen) {
      this.#agent.destroy()
      return
    }
    const last = `<body xmlns='${boshNs}' rid='${this.#rid}' sid='${this.#sid}' pause='1'/>`
    void post(this.#url, this.#agent, last).then(() => this.#agent.destroy())
  }

  #opening(open: XmlNode): Job['attributes'] {
    this.#isOpening = true
    const stream = { to: open.attr('to'), from: open.attr('from'), 'xml:lang': open.attr('xml:lang') }
    if (this.#sid !== '') return { ...stream, 'xmpp:restart': 'true' }
    return { ...stream, 'xmpp:version': open.attr('version'), wait: '60', hold: '1', ver: '1.11' }
  }

  #pump(): void {
    while (!this.isClosed && this.#underWay < mostUnderWay) {
      // Nothing can be asked for before the session is there.
      if (this.#sid === '' && this.#underWay > 0) return
      const job =
        this.#jobs.shift() ?? (this.#underWay === 0 && this.#sid !== '' ? { attributes: {}, content: '' } : undefined)
      if (job === undefined) return
      void this.#ask(job)
    }
  }

  async #ask({ attributes, content }: Job): Promise<void> {
    const rid = this.#rid++
    const all = { rid: String(rid), sid: this.#sid === '' ? undefined : this.#sid, ...attributes }
    const written = Object.entries(all).flatMap(([name, value]) =>
      value === undefined ? [] : [` ${name}='${escapeXml(value)}'`],
    )
    this.#underWay++
    const tag = `<body xmlns='${boshNs}' xmlns:xmpp='${xboshNs}'${written.join('')}>`
    const answer = await post(this.#url, this.#agent, `${tag}${content}</body>`)
    this.#underWay--
    if (this.#isDestroyed) return
    if (answer === undefined) this.#close()
    else this.#answers.set(rid, answer)
    this.#read()
    this.#pump()
  }

  /** Answers are read in the order of their requests. */
  #read(): void {
    for (;;) {
      const text = this.#answers.get(this.#nextAnswer)
      if (text === undefined || this.isClosed) return
      this.#answers.delete(this.#nextAnswer++)
      this.received += text
      try {
        this.#take(parseFrame(text))
      } catch (error) {
        this.#inbox.add({ kind: 'broken', error: error as Error })
      }
    }
  }

  #take(body: XmlNode): void {
    if (this.#sid === '') this.#begin(body)
    for (const element of body.elements()) {
      if (this.#isOpening && element.ns === NS.stream) {
        this.#isOpening = false
        this.#inbox.add({ kind: 'header', header: this.#header })
      }
      this.#inbox.add({ kind: 'element', element })
    }
    if (body.attr('type') === 'terminate') this.#end(body.attr('condition'))
  }

  #begin(body: XmlNode): void {
    this.#sid = body.attr('sid') ?? ''
    this.#header = new XmlNode('open', NS.framing, {
      from: body.attr('from') ?? '',
      id: body.attr('authid') ?? '',
      version: body.attr(`{${xboshNs}}version`) ?? '',
      'xml:lang': body.attr('xml:lang') ?? '',
    })
  }

  /** A condition of BOSH that says what a stream error would. */
  #end(condition: string | undefined): void {
    if (this.#isOpening) this.#inbox.add({ kind: 'header', header: this.#header })
    if (condition !== undefined && condition !== 'remote-stream-error') {
      const error = new XmlNode('error', NS.stream, {})
      error.children.push(new XmlNode(condition, NS.streamErrors, {}))
      this.#inbox.add({ kind: 'element', element: error })
    }
    this.#inbox.add({ kind: 'end' })
    this.#close()
  }

  #close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#agent.destroy()
    this.#inbox.add({ kind: 'closed' })
  }
}
