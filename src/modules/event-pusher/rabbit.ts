import { CallRefused } from '../../net/call-slots.ts'
import type { RabbitMessage } from '../../net/rabbit-pool.ts'
import type { ChatEvent, Raised } from './api.ts'
import { type Backend, courierFor, type Surroundings } from './backend.ts'
import type { RabbitOptions } from './options.ts'
import { bodyOf } from './sources.ts'

/** Bytes of a routing key (AMQP 0-9-1 §4.2.5.3). */
const longestKey = 255

/** How many messages wait for the server's word at a time. */
const mostUnderWay = 1000

/** Publishes presence and messages to RabbitMQ. */
export async function openRabbit(options: RabbitOptions, context: Surroundings): Promise<Backend> {
  const { pools, log, onStop } = context
  const pool = await pools.rabbit('event_pusher')
  const { presence_exchange, chat_msg_exchange, groupchat_msg_exchange } = options
  const tables = [presence_exchange, chat_msg_exchange, groupchat_msg_exchange].filter((table) => table !== undefined)
  const exchanges = tables.map(({ name, type, durable }) => ({ name, type, isDurable: durable }))
  await pool.declare(exchanges).catch((error: unknown) => {
    // One that is not there yet may come; exchanges are declared again with each connection.
    if (error instanceof CallRefused) throw error
    log.error({ what: 'rabbit_not_reached', reason: error })
  })
  const publisher = pool.publisher(exchanges)
  onStop(() => publisher.close())
  const courier = courierFor(
    'rabbit',
    {
      workers: Math.min(mostUnderWay, pool.capacity),
      mostHeld: options.max_queue_len,
      retryFor: options.retry_for * 1000,
      async deliver(message: RabbitMessage) {
        if (Buffer.byteLength(message.routingKey) > longestKey) throw new CallRefused('the routing key is too long')
        await publisher.publish(message)
      },
      mayRetry: (error) => !(error instanceof CallRefused),
    },
    context,
  )
  return {
    take: (raised) => {
      const message = messageOf(raised, options)
      if (message !== undefined) courier.put(message)
    },
  }
}

/** What an event is to the server; undefined for one that it is not told of. */
function messageOf({ event, metadata }: Raised, options: RabbitOptions): RabbitMessage | undefined {
  if (event.kind === 'user_status') {
    const { presence_exchange: exchange } = options
    if (exchange === undefined) return undefined
    const body = { user_id: event.jid.full, present: event.isOnline, ...metadata }
    return json(exchange.name, event.jid.bareString, body)
  }
  return event.kind === 'chat' ? chatMessage(event, metadata, options) : undefined
}

function chatMessage(
  { direction, type, from, to, stanza }: ChatEvent,
  metadata: Raised['metadata'],
  { chat_msg_exchange, groupchat_msg_exchange }: RabbitOptions,
): RabbitMessage | undefined {
  const exchange = {
    chat: chat_msg_exchange,
    groupchat: groupchat_msg_exchange,
    normal: undefined,
    headline: undefined,
  }[type]
  const message = bodyOf(stanza)
  if (exchange === undefined || message === undefined) return undefined
  const [whose, topic] = direction === 'in' ? [from, exchange.sent_topic] : [to, exchange.recv_topic]
  const body = { from_user_id: from.full, to_user_id: to.full, message, ...metadata }
  return json(exchange.name, `${whose.bareString}.${topic}`, body)
}

function json(exchange: string, routingKey: string, body: object): RabbitMessage {
  return { exchange, routingKey, contentType: 'application/json', body: JSON.stringify(body) }
}
