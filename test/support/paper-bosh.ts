import { BoshClient } from '../../src/edges/bosh/bosh-client.ts'
import type { BoshPlace } from '../../src/edges/bosh/bosh-place.ts'
import { BoshTable } from '../../src/edges/bosh/bosh-table.ts'
import { readBody } from '../../src/edges/bosh/read-body.ts'
import type { ClientService } from '../../src/edges/client-service.ts'
import type { TlsInfo } from '../../src/net/connection.ts'
import type { WindowRules } from '../../src/protocol/bosh/answering.ts'
import { type BoshRequest, boshNs, readRequest, xboshNs } from '../../src/protocol/bosh/request.ts'
import type { Wire } from '../../src/xml/wire.ts'

/** A request without a socket. */
export class PaperPlace implements BoshPlace {
  readonly remote: { readonly address: string; readonly port: number }
  readonly tls: TlsInfo | undefined
  text: Wire | undefined = undefined

  constructor(address = '192.0.2.1', tls?: TlsInfo) {
    this.remote = { address, port: 40_000 }
    this.tls = tls
  }

  answer(text: Wire): void {
    this.text = text
  }
}

/** TLS as a listener tells of it, perhaps with a certificate. */
export function paperTls(certificate?: string): TlsInfo {
  const peerCertificate =
    certificate === undefined ? undefined : { raw: Buffer.from(certificate), isTrusted: true, problem: undefined }
  return { version: 'TLSv1.3', cipher: 'x', serverName: undefined, alpn: undefined, peerCertificate }
}

async function* whole(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

/** Reads a request as the endpoint does. */
async function requestOf(
  service: ClientService,
  attributes: Record<string, string>,
  content: string,
): Promise<BoshRequest> {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}='${value}'`)
  const text = `<body xmlns='${boshNs}' xmlns:xmpp='${xboshNs}'${written.join('')}>${content}</body>`
  const { tag, elements, fault } = await readBody(whole(text), () => ({ elements: service.limits, bytes: 1e6 }))
  const request = tag && readRequest(tag, elements)
  if (request === undefined || fault !== undefined) throw fault ?? new Error('not a request')
  return request
}

const usual: WindowRules = { wait: 60_000, inactivity: 30_000, maxPause: 120_000, serverAcks: false, clientAcks: false }

/** A session of paper requests. */
export class PaperBosh {
  readonly service: ClientService
  readonly table: BoshTable
  readonly client: BoshClient
  readonly first: PaperPlace
  #rid = 100

  private constructor(service: ClientService, request: BoshRequest, place: PaperPlace) {
    this.service = service
    this.table = new BoshTable(service.clock)
    this.first = place
    const beginning = { sid: 'a'.repeat(40), request, place, rules: usual, greeting: { sid: 'a'.repeat(40) } }
    this.client = BoshClient.begin(service, this.table, beginning)
  }

  static async open(
    service: ClientService,
    attributes: Record<string, string> = {},
    place = new PaperPlace(),
  ): Promise<PaperBosh> {
    const request = await requestOf(service, { rid: '100', to: 'example.org', ...attributes }, '')
    return new PaperBosh(service, request, place)
  }

  /** The next request; its place has the answer, once there is one. */
  async asks(content = '', attributes: Record<string, string> = {}, place = new PaperPlace()): Promise<PaperPlace> {
    const request = await requestOf(
      this.service,
      { rid: String(++this.#rid), sid: this.client.sid, ...attributes },
      content,
    )
    this.client.arrived(request, content.length + 100, place)
    return place
  }
}
