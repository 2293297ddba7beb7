import { randomBytes } from 'node:crypto'
import { bodyParts, type HttpExchange, respond } from '../../net/http-exchange.ts'
import { type BodyTag, type BoshRequest, readCreation, readRequest } from '../../protocol/bosh/request.ts'
import { type Farewell, farewellFor, farewellText } from '../../protocol/bosh/response.ts'
import { requestsAllowed, requestsHeld } from '../../protocol/bosh/window.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { XmlError } from '../../xml/errors.ts'
import type { ClientService } from '../client-service.ts'
import { BoshClient } from './bosh-client.ts'
import type { BoshTable } from './bosh-table.ts'
import { HttpPlace } from './http-place.ts'
import { type BodyLimits, readBody } from './read-body.ts'

/** What sessions are like; seconds, perhaps Infinity. */
export interface BoshSettings {
  readonly inactivity: number
  readonly maxWait: number
  readonly maxPause: number
  readonly serverAcks: boolean
}

/** What an endpoint may cost. */
export interface BoshLimits {
  /** Bytes of one request of who has signed in. */
  readonly bodyBytes: number
  /** Sessions at a time: of all, and of one address. */
  readonly sessions: { readonly all: number; readonly perAddress: number }
}

export interface EndpointParts {
  readonly table: BoshTable
  readonly service: ClientService
  /** Undefined where nobody is served: there is a handler, and no service. */
  readonly settings: BoshSettings | undefined
  readonly limits: BoshLimits
}

// Beside what it holds, a request has its own tag.
const tagBytes = 4096

/** Where requests of clients come in and are given to their sessions (XEP-0124 §5, §7). */
export class BoshEndpoint {
  readonly #parts: EndpointParts

  constructor(parts: EndpointParts) {
    this.#parts = parts
  }

  /** Takes a POST. Every answer is a `<body/>`, but the one to nothing at all. */
  async post(exchange: HttpExchange): Promise<void> {
    const { service, table } = this.#parts
    const body = await readBody(bodyParts(exchange.request), (tag) => this.#limitsFor(tag))
    const { bytes, tag, elements, fault } = body
    service.traffic.bosh.received.inc(bytes)
    if (bytes === 0) {
      respond(exchange, 400, 'text/plain; charset=utf-8', 'Missing request body')
      return
    }
    const request = tag && readRequest(tag, elements)
    const place = new HttpPlace(exchange, table)
    if (request === undefined) {
      place.refuse(fault)
      return
    }
    const client = request.sid === undefined ? undefined : table.find(request.sid)
    if (client !== undefined) this.#give(client, { request, bytes, fault }, place)
    else if (fault !== undefined) place.refuse(fault)
    else if (request.kind === 'create') this.#create(request, place)
    else this.#end(place, { condition: 'item-not-found' })
  }

  #give(
    client: BoshClient,
    { request, bytes, fault }: { request: BoshRequest; bytes: number; fault: XmlError | undefined },
    place: HttpPlace,
  ): void {
    if (!client.isOf(place)) place.destroy()
    else {
      if (fault === undefined) client.arrived(request, bytes, place)
      else client.faulted(request, fault, place)
      place.follow(client)
    }
  }

  /** What a stranger may send at most, or who has signed in. */
  #limitsFor(tag: BodyTag | undefined): BodyLimits {
    const { service, table, limits } = this.#parts
    const sid = tag?.attr('sid')
    const client = sid === undefined ? undefined : table.find(sid)
    const elements = client?.limits ?? service.strangerLimits
    return { elements, bytes: client?.hasSignedIn === true ? limits.bodyBytes : elements.maxElementBytes + tagBytes }
  }

  #create(request: BoshRequest, place: HttpPlace): void {
    const { table, settings, limits } = this.#parts
    if (settings === undefined) this.#end(place, { condition: 'host-unknown' })
    else if (table.isClosing) this.#end(place, { condition: 'system-shutdown' })
    else if (!table.hasRoom(place.remote.address, limits.sessions)) {
      this.#end(place, farewellFor(new StreamError('resource-constraint', 'Too many sessions').toElement()))
    } else this.#begin(request, settings, place)
  }

  #begin(request: BoshRequest, settings: BoshSettings, place: HttpPlace): void {
    const { service, table } = this.#parts
    const wanted = readCreation(request, settings.maxWait)
    if (typeof wanted === 'string') {
      this.#end(place, { condition: wanted })
      return
    }
    const { inactivity, maxPause, serverAcks } = settings
    const { wait, acks, ver } = wanted
    const sid = randomBytes(20).toString('hex')
    const greeting = {
      sid,
      wait,
      requests: requestsAllowed,
      hold: requestsHeld,
      inactivity: Number.isFinite(inactivity) ? inactivity : undefined,
      maxpause: maxPause,
      accept: 'deflate, gzip',
      ver,
      ack: serverAcks ? request.rid : undefined,
      'xmpp:version': '1.0',
      'xmpp:restartlogic': 'true',
    }
    const rules = {
      wait: wait * 1000,
      inactivity: inactivity * 1000,
      maxPause: maxPause * 1000,
      serverAcks,
      clientAcks: acks,
    }
    place.follow(BoshClient.begin(service, table, { sid, request, place, rules, greeting }))
  }

  #end(place: HttpPlace, farewell: Farewell): void {
    const text = farewellText(farewell)
    this.#parts.service.traffic.bosh.sent.inc(text.length)
    place.answer(text)
  }
}
