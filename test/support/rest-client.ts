import { EventSource } from 'eventsource'

/** An answer of a REST API; `json` is undefined where there is no body. */
export interface RestAnswer {
  readonly status: number
  readonly json: unknown
  readonly headers: Headers
}

/** An event of a stream. */
export interface ReadEvent {
  readonly event: string
  readonly id: string
  readonly data: Record<string, unknown>
}

/** Somebody who uses a REST API with the name and password of an account. */
export class RestClient {
  readonly bare: string
  readonly #url: string
  readonly #authorization: string

  constructor(url: string, bare: string, password = 'secret') {
    this.#url = url
    this.bare = bare
    this.#authorization = `Basic ${Buffer.from(`${bare}:${password}`).toString('base64')}`
  }

  /** Asks for something: `GET /rooms`. A body of the type string is sent as it is. */
  async ask(line: string, body?: unknown, headers: Record<string, string> = {}): Promise<RestAnswer> {
    const [method = '', path = ''] = line.split(' ')
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: this.#authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, json: text === '' ? undefined : JSON.parse(text), headers: answer.headers }
  }

  /** Status and value of what was asked for. */
  async gets(line: string, body?: unknown): Promise<readonly [number, unknown]> {
    const { status, json } = await this.ask(line, body)
    return [status, json]
  }

  /** Opens a stream of events. */
  reads(path = '/sse'): Promise<EventReader> {
    const { promise, reader } = EventReader.open(`${this.#url}${path}`, this.#authorization)
    return promise.then(() => reader)
  }
}

/** The reader of a stream of events, by a library that knows nothing of ours. */
export class EventReader {
  readonly #source: EventSource
  readonly #events: ReadEvent[] = []
  #awaited: ((event: ReadEvent) => void) | undefined
  /** Resolves when the stream has ended, with the status that was the answer to the next attempt, if any. */
  readonly ended: Promise<number | undefined>

  private constructor(source: EventSource) {
    this.#source = source
    for (const name of ['message', 'room.message']) {
      source.addEventListener(name, ({ type, lastEventId, data }) =>
        this.#received({ event: type, id: lastEventId, data: JSON.parse(data) }),
      )
    }
    this.ended = new Promise((resolve) => {
      source.addEventListener('error', ({ code }) => {
        source.close()
        resolve(code)
      })
    })
  }

  /** Begins to read; the promise settles when the server has begun to answer. */
  static open(url: string, authorization: string): { promise: Promise<void>; reader: EventReader } {
    const source = new EventSource(url, {
      fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, authorization } }),
    })
    const reader = new EventReader(source)
    const opened = new Promise<void>((resolve) => source.addEventListener('open', () => resolve()))
    const refused = reader.ended.then((code) => {
      throw new Error(`no stream: ${code}`)
    })
    refused.catch(() => {})
    return { promise: Promise.race([opened, refused]), reader }
  }

  /** The next event. */
  next(): Promise<ReadEvent> {
    const event = this.#events.shift()
    if (event !== undefined) return Promise.resolve(event)
    return new Promise((resolve) => {
      this.#awaited = resolve
    })
  }

  close(): void {
    this.#source.close()
  }

  #received(event: ReadEvent): void {
    const awaited = this.#awaited
    this.#awaited = undefined
    if (awaited === undefined) this.#events.push(event)
    else awaited(event)
  }
}
