import { once } from 'node:events'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'

/** One event as it came. */
export interface ServerEvent {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string
}

/** Reads server-sent events, one after another. */
export class EventReader {
  readonly response: IncomingMessage
  readonly #request: ClientRequest
  readonly #events: AsyncGenerator<ServerEvent>

  private constructor(request: ClientRequest, response: IncomingMessage) {
    this.#request = request
    this.response = response
    this.#events = eventsOf(response)
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const request = httpRequest(url, { headers: { accept: 'text/event-stream', ...headers }, agent: false })
    request.end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return new EventReader(request, response)
  }

  /** The next event; undefined when there are no more. */
  async next(): Promise<ServerEvent | undefined> {
    const { value, done } = await this.#events.next()
    return done === true ? undefined : value
  }

  /** Leaves. */
  close(): void {
    this.#request.destroy()
  }
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<ServerEvent> {
  let text = ''
  for await (const chunk of response) {
    text += String(chunk)
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = parse(block)
      if (event !== undefined) yield event
    }
  }
}

/** Undefined for a comment. */
function parse(block: string): ServerEvent | undefined {
  const values = (name: string) =>
    block.split('\n').flatMap((line) => (line.startsWith(`${name}: `) ? [line.slice(name.length + 2)] : []))
  const data = values('data')
  return data.length === 0 ? undefined : { id: values('id')[0], event: values('event')[0], data: data.join('\n') }
}
