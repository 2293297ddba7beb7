import { randomBytes } from 'node:crypto'
import { BoshClient } from '../../src/edges/bosh/bosh-client.ts'
import type { BoshTable } from '../../src/edges/bosh/bosh-table.ts'
import { readBody } from '../../src/edges/bosh/read-body.ts'
import type { ClientService } from '../../src/edges/client-service.ts'
import type { WindowRules } from '../../src/protocol/bosh/answering.ts'
import { boshNs, readCreation, readRequest, xboshNs } from '../../src/protocol/bosh/request.ts'
import type { Wire } from '../../src/xml/wire.ts'
import { PaperPlace, paperTls } from './paper-bosh.ts'

const rules: WindowRules = { wait: 60_000, inactivity: 1000, maxPause: 120_000, serverAcks: true, clientAcks: false }

/** Adds an answer to what was written. */
class WritingPlace extends PaperPlace {
  readonly #write: (text: Wire) => void

  constructor(write: (text: Wire) => void, isSecure: boolean) {
    super('192.0.2.1', isSecure ? paperTls() : undefined)
    this.#write = write
  }

  override answer(text: Wire): void {
    this.#write(text)
  }
}

/** A session over HTTP requests without a socket: what is said goes into one request after another. */
export class PaperRequests {
  written = ''
  readonly #service: ClientService
  readonly #table: BoshTable
  readonly #isSecure: boolean
  readonly #places: PaperPlace[] = []
  #client: BoshClient | undefined = undefined
  #sid = ''
  #rid = 1
  #done: Promise<void> = Promise.resolve()

  constructor(service: ClientService, table: BoshTable, isSecure: boolean) {
    this.#service = service
    this.#table = table
    this.#isSecure = isSecure
  }

  /** Well-formed text of a byte stream: its headers become requests of their own. */
  says(text: string): void {
    for (const part of text.split(/(<stream:stream [^>]*>|<\/stream:stream>)/)) {
      if (part.startsWith('<stream:stream ')) {
        this.#ask(this.#sid === '' ? { to: 'localhost', wait: '60' } : { 'xmpp:restart': 'true' })
        this.#sid ||= randomBytes(20).toString('hex')
      } else if (part === '</stream:stream>') this.#ask({ type: 'terminate' })
      else if (part !== '') this.#ask({}, Buffer.from(part))
    }
  }

  /** A request that holds these bytes, whatever they are. */
  push(bytes: Buffer): void {
    this.#ask({}, bytes)
  }

  /** The client is gone, which is known a second later. */
  async vanish(): Promise<void> {
    await this.#done
    for (const place of this.#places) this.#client?.hungUp(place)
  }

  #ask(attributes: Record<string, string>, content: Buffer = Buffer.alloc(0)): void {
    const sid = this.#sid
    this.#done = this.#done.then(() => this.#request(sid, attributes, content))
  }

  async #request(sid: string, attributes: Record<string, string>, content: Buffer): Promise<void> {
    const all = { rid: String(this.#rid++), ...(sid === '' ? {} : { sid }), ...attributes }
    const written = Object.entries(all).map(([name, value]) => ` ${name}='${value}'`)
    const start = `<body xmlns='${boshNs}' xmlns:xmpp='${xboshNs}'${written.join('')}>`
    const bytes = Buffer.concat([Buffer.from(start), content, Buffer.from('</body>')])
    const place = new WritingPlace((text) => {
      this.written += text
    }, this.#isSecure)
    this.#places.push(place)
    const limits = this.#client?.limits ?? this.#service.strangerLimits
    const parts = (async function* () {
      yield bytes
    })()
    const { tag, elements, fault } = await readBody(parts, () => ({ elements: limits, bytes: 1 << 20 }))
    const request = tag && readRequest(tag, elements)
    if (request === undefined) return
    const client = this.#client
    if (client !== undefined && fault !== undefined) client.faulted(request, fault, place)
    else if (client !== undefined) client.arrived(request, bytes.length, place)
    else if (typeof readCreation(request, 60) !== 'string') {
      const beginning = { sid: this.#sid, request, place, rules, greeting: { sid: this.#sid } }
      this.#client = BoshClient.begin(this.#service, this.#table, beginning)
    }
  }
}
