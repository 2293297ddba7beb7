import type { WindowAction, WindowRules } from '../../src/protocol/bosh/answering.ts'
import { type BoshRequest, boshNs, readRequest } from '../../src/protocol/bosh/request.ts'
import type { Farewell } from '../../src/protocol/bosh/response.ts'
import { BoshWindow } from '../../src/protocol/bosh/window.ts'
import { scanFrame } from '../../src/xml/frame.ts'
import { defaultLimits } from '../../src/xml/limits.ts'
import { asWire } from '../../src/xml/wire.ts'

/** Attributes of a request, and what is in it, by number. */
export interface Asked {
  readonly messages?: readonly number[]
  readonly [attribute: string]: string | readonly number[] | undefined
}

/** A request with this message. */
export function message(number: number): Asked {
  return { messages: [number] }
}

/** Where one request is answered. */
class Place {
  readonly rid: number
  answer: string | undefined = undefined

  constructor(rid: number) {
    this.rid = rid
  }
}

function requestOf(rid: number, { messages = [], ...attributes }: Asked): BoshRequest {
  const all: Readonly<Record<string, unknown>> = { rid: String(rid), sid: 'x', ...attributes }
  const tag = { name: 'body', ns: boshNs, attr: (name: string) => all[name] as string | undefined }
  const elements = messages.map((number) =>
    scanFrame(Buffer.from(`<message xmlns='jabber:client' id='${number}'/>`), defaultLimits),
  )
  const request = readRequest(tag, elements)
  if (request === undefined) throw new Error('not a request')
  return request
}

/** A client and the window that it speaks to, on paper. The session was asked for by request 100. */
export class Conversation {
  readonly window: BoshWindow<Place>
  readonly places: Place[] = [new Place(100)]
  /** Numbers of the messages that were taken. */
  readonly taken: number[] = []
  /** What else there was to do. */
  readonly events: string[] = []
  /** What has been taken is being handled until {@link hasTaken}. */
  isSlow = false
  now = 0

  constructor(changes: Partial<WindowRules> = {}) {
    const rules = {
      wait: 60_000,
      inactivity: 30_000,
      maxPause: 120_000,
      serverAcks: false,
      clientAcks: false,
      ...changes,
    }
    const [place] = this.places as [Place]
    this.window = new BoshWindow(rules, { request: requestOf(100, {}), place }, this.now)
  }

  asks(rid: number, asked: Asked = {}): void {
    const place = new Place(rid)
    this.places.push(place)
    this.#do(this.window.arrived(requestOf(rid, asked), place, this.now))
  }

  hasTaken(): void {
    this.#do(this.window.taken(this.now))
  }

  /** Elements for the client, at the end of a turn. */
  writes(...elements: string[]): void {
    for (const element of elements) this.window.queue(asWire(element))
    this.#do(this.window.flush(this.now))
  }

  hangsUp(rid: number): void {
    this.#do(this.window.gone(this.#latest(rid), this.now))
  }

  receives(rid: number): void {
    this.window.sent(this.#latest(rid))
  }

  ends(farewell: Farewell): void {
    this.#do(this.window.end(farewell, this.now))
  }

  /** Time goes on, and what falls due is done. */
  waits(ms: number): void {
    const end = this.now + ms
    while (!this.window.isOver && this.window.deadline <= end) {
      this.now = Math.max(this.now, this.window.deadline)
      this.#do(this.window.timeout(this.now))
    }
    this.now = end
  }

  /** What each request with this id was answered with, in the order in which they were sent; those that wait are left out. */
  answersTo(rid: number): string[] {
    return this.places.flatMap((place) => (place.rid === rid && place.answer !== undefined ? [place.answer] : []))
  }

  #latest(rid: number): Place {
    const place = this.places.findLast((each) => each.rid === rid)
    if (place === undefined) throw new Error(`nobody asked ${rid}`)
    return place
  }

  #do(actions: readonly WindowAction<Place>[]): void {
    for (const action of actions) {
      if (action.do === 'answer') {
        if (action.to.answer !== undefined) throw new Error(`request ${action.to.rid} is answered twice`)
        action.to.answer = action.text
      } else if (action.do === 'take') {
        this.taken.push(...action.request.elements.map((element) => Number(element.attr('id'))))
        if (!this.isSlow) this.hasTaken()
      } else this.events.push(action.do)
    }
  }
}
