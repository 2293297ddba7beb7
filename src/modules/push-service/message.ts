import type { PushNotification } from '../../router/push-events.ts'

/** A notification as push services show it. */
export interface Message {
  /** Undefined for one that is data only: silent, or a call. */
  readonly alert: { readonly title: string; readonly body: string } | undefined
  /** Unread messages. */
  readonly count: number | undefined
  /** All fields. */
  readonly data: Readonly<Record<string, string>>
  readonly isUrgent: boolean
  /** Seconds; undefined where the client has not said. */
  readonly timeToLive: number | undefined
}

export function messageOf({ fields, options }: PushNotification): Message {
  const { 'last-message-sender': title, 'last-message-body': body, 'message-count': count = '' } = fields
  const isShown = options['silent'] !== 'true' && title !== undefined && body !== undefined
  const isCall = fields['jingle-message'] !== undefined
  const { priority, time_to_live: ttl = '' } = options
  return {
    alert: isShown ? { title, body } : undefined,
    count: /^\d{1,9}$/.test(count) ? Number(count) : undefined,
    data: fields,
    isUrgent: priority === undefined ? isShown || isCall : priority === 'high',
    timeToLive: /^\d{1,9}$/.test(ttl) ? Number(ttl) : undefined,
  }
}

/** Writes a message, with as much of its text as there is room for. */
export function fitted(message: Message, limit: number, write: (message: Message) => string): string {
  const text = message.alert?.body ?? message.data['last-message-body'] ?? ''
  let points = [...text]
  for (let written = write(message); ; written = write(shortened(message, points.join('')))) {
    if (points.length === 0 || Buffer.byteLength(written) <= limit) return written
    points = points.slice(0, Math.floor(points.length * 0.8))
  }
}

function shortened(message: Message, body: string): Message {
  const { alert, data } = message
  return {
    ...message,
    alert: alert && { ...alert, body },
    data: 'last-message-body' in data ? { ...data, 'last-message-body': body } : data,
  }
}
