import type { HttpPool } from '../../net/http-pool.ts'
import type { ChatEvent } from './api.ts'
import { type Backend, courierFor, type Surroundings } from './backend.ts'
import type { HttpOptions } from './options.ts'
import { bodyOf } from './sources.ts'

type Handler = HttpOptions['handlers'][number]

/** Posts chat messages that users send to HTTP servers. */
export async function openHttp({ handlers, ...limits }: HttpOptions, context: Surroundings): Promise<Backend> {
  const opened = await Promise.all(
    handlers.map((handler, index) => openHandler({ ...handler, index }, limits, context)),
  )
  return {
    take: ({ event }) => {
      if (event.kind !== 'chat' || event.direction !== 'in' || event.type !== 'chat') return
      const form = formOf(event)
      if (form !== undefined) for (const put of opened) put(form)
    },
  }
}

async function openHandler(
  { pool_name: tag, path, index }: Handler & { readonly index: number },
  { max_queue_len: mostHeld, retry_for: seconds }: Pick<HttpOptions, 'max_queue_len' | 'retry_for'>,
  context: Surroundings,
): Promise<(form: string) => void> {
  const { metrics, pools } = context
  const pool = await pools.http(tag)
  const name = 'mod_event_pusher_http_sent'
  const sent = metrics.counter(`${name}_count`, 'Events that HTTP servers have taken')
  const failures = metrics.counter(`${name}_failure_count`, 'Requests to HTTP servers that were not answered')
  const time = metrics.histogram(`${name}_response_time`, 'Time of requests to HTTP servers, in microseconds')
  const deliver = async (form: string): Promise<void> => {
    const begun = performance.now()
    try {
      // Whatever the status: the server has it.
      await post(pool, path.replace(/^\//, ''), form)
      sent.inc()
    } catch (error) {
      failures.inc()
      throw error
    } finally {
      time.observe((performance.now() - begun) * 1000)
    }
  }
  const delivery = { workers: pool.workers, mostHeld, retryFor: seconds * 1000, deliver, mayRetry: () => true }
  // Each handler has a queue, and a name in metrics and log, of its own.
  const courier = courierFor(index === 0 ? 'http' : `http_${index + 1}`, delivery, context)
  return (form) => courier.put(form)
}

async function post(pool: HttpPool, path: string, form: string): Promise<void> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  await pool.call({ method: 'POST', path, headers, body: form })
}

function formOf({ stanza, from, to }: ChatEvent): string | undefined {
  const message = bodyOf(stanza)
  if (message === undefined) return undefined
  return new URLSearchParams({
    author: from.local,
    server: from.domain,
    receiver: to.local,
    message,
  }).toString()
}
