import type { RemoteAddress, TlsInfo } from '../../net/connection.ts'
import { type HttpExchange, respond } from '../../net/http-exchange.ts'
import { farewellText } from '../../protocol/bosh/response.ts'
import type { XmlError } from '../../xml/errors.ts'
import type { Wire } from '../../xml/wire.ts'
import type { BoshClient } from './bosh-client.ts'
import type { BoshPlace } from './bosh-place.ts'
import type { BoshTable } from './bosh-table.ts'

const type = 'text/xml; charset=utf-8'
// A client that takes nothing of its answer for so long is gone; milliseconds.
const mostStalled = 15_000

/** The answer to one request over HTTP. */
export class HttpPlace implements BoshPlace {
  readonly #exchange: HttpExchange
  readonly #table: BoshTable
  #client: BoshClient | undefined = undefined
  #isClosed = false

  constructor(exchange: HttpExchange, table: BoshTable) {
    this.#exchange = exchange
    this.#table = table
    this.#isClosed = exchange.response.destroyed
    exchange.response.once('close', () => this.#closed())
  }

  get remote(): RemoteAddress {
    return this.#exchange.remote
  }

  get tls(): TlsInfo | undefined {
    return this.#exchange.tls
  }

  /** Tells this client what becomes of the answer. */
  follow(client: BoshClient): void {
    this.#client = client
    if (this.#isClosed) this.#tell()
  }

  answer(text: Wire): void {
    this.#send(200, text)
  }

  /** Answers what is no request, in the way that old clients understand as well (XEP-0124 §17.1). */
  refuse(fault: XmlError | undefined): void {
    const isTooMuch = fault?.condition === 'policy-violation'
    const { request, response } = this.#exchange
    // What nobody reads would be taken for the next request.
    if (!request.complete) response.setHeader('connection', 'close')
    this.#send(isTooMuch ? 413 : 400, farewellText({ condition: isTooMuch ? 'policy-violation' : 'bad-request' }))
  }

  /** Ends the connection without a word. */
  destroy(): void {
    this.#exchange.request.socket.destroy()
  }

  #send(status: number, text: Wire): void {
    const { response } = this.#exchange
    if (this.#isClosed) return
    this.#table.sends(this)
    response.setTimeout(mostStalled)
    // Answers that somebody waits for are neither compressed nor held back.
    respond({ ...this.#exchange, mayCompress: false }, status, type, Buffer.from(text, 'latin1'))
  }

  #closed(): void {
    this.#isClosed = true
    this.#table.sent(this)
    this.#tell()
  }

  #tell(): void {
    if (this.#exchange.response.writableFinished) this.#client?.answered(this)
    else this.#client?.hungUp(this)
  }
}
