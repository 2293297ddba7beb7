import { signAws } from '../../net/aws-signature.ts'
import { HttpPool } from '../../net/http-pool.ts'
import type { Clock } from '../../util/clock.ts'
import type { Raised } from './api.ts'
import { type Backend, courierFor, type Surroundings } from './backend.ts'
import type { SnsOptions } from './options.ts'
import { bodyOf } from './sources.ts'

const requestTimeout = 5000
const contentType = 'application/x-www-form-urlencoded; charset=utf-8'

interface Publication {
  readonly topic: string
  readonly message: object
}

/** Publishes presence and messages that users send to Amazon SNS. */
export async function openSns(options: SnsOptions, context: Surroundings): Promise<Backend> {
  const { clock, onStop } = context
  const { sns_host, pool_size: workers, max_queue_len: mostHeld } = options
  const origin = /^https?:/i.test(sns_host) ? sns_host : `https://${sns_host}`
  const pool = await HttpPool.open({
    ...{ origin, pathPrefix: '/', workers, requestTimeout, callTimeout: 2 * requestTimeout, clock },
  })
  onStop(() => pool.close())
  const deliver = (publication: Publication): Promise<void> => publish(publication, { options, pool, origin, clock })
  const courier = courierFor('sns', { workers, mostHeld, retryFor: 0, deliver }, context)
  return {
    take: (raised) => {
      const publication = publicationOf(raised, options)
      if (publication !== undefined) courier.put(publication)
    },
  }
}

interface Service {
  readonly options: SnsOptions
  readonly pool: HttpPool
  readonly origin: string
  readonly clock: Clock
}

/** Makes the request as often as it may be made. */
async function publish(publication: Publication, service: Service): Promise<void> {
  const { publish_retry_count: retries, publish_retry_time_ms: unit } = service.options
  for (let attempt = 1; ; attempt++) {
    try {
      await request(publication, service)
      return
    } catch (error) {
      if (attempt > retries) throw error
      const longest = 2 ** attempt * unit
      await new Promise<void>((resolve) => service.clock.after(longest - Math.random() * (longest / 2), resolve))
    }
  }
}

async function request({ topic, message }: Publication, { options, pool, origin, clock }: Service): Promise<void> {
  const { region, account_id, access_key_id: id, secret_access_key: secret } = options
  const body = new URLSearchParams({
    Action: 'Publish',
    Version: '2010-03-31',
    TopicArn: `arn:aws:sns:${region}:${account_id}:${topic}`,
    Message: JSON.stringify(message),
  }).toString()
  const signed = signAws(
    { method: 'POST', url: new URL('/', origin), headers: { 'content-type': contentType }, body },
    { id, secret, region, service: 'sns', at: clock.now() },
  )
  const { status } = await pool.call({ method: 'POST', path: '', headers: signed, body })
  if (status < 200 || status > 299) throw new Error(`SNS answers ${status}`)
}

/** What an event is to the service; undefined for one that it is not told of. */
function publicationOf({ event }: Raised, options: SnsOptions): Publication | undefined {
  if (event.kind === 'user_status') {
    const { presence_updates_topic: topic } = options
    return topic === undefined
      ? undefined
      : { topic, message: { user_id: event.jid.bareString, present: event.isOnline } }
  }
  if (event.kind !== 'chat' || event.direction !== 'in') return undefined
  const topics: Partial<Record<typeof event.type, string | undefined>> = {
    chat: options.pm_messages_topic,
    groupchat: options.muc_messages_topic,
  }
  const topic = topics[event.type]
  const text = bodyOf(event.stanza)
  if (topic === undefined || text === undefined) return undefined
  const { from, to } = event
  return { topic, message: { from_user_id: from.bareString, to_user_id: to.bareString, message: text } }
}
