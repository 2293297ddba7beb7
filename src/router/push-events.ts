import { chain } from '../hooks/hook.ts'
import type { Host } from './host.ts'

/** A notification for the device of somebody who is away (XEP-0357). */
export interface PushNotification {
  readonly host: Host
  /** Fields of the summary, without its FORM_TYPE: `message-count`, `last-message-sender`, `last-message-body` … */
  readonly fields: Readonly<Record<string, string>>
  /** What the client gave when it enabled notifications, without the FORM_TYPE: `device_id`, `service` … */
  readonly options: Readonly<Record<string, string>>
}

/** `gone`: the device is not registered any more, and its registration is to be deleted; `failed`: it is kept. */
export type PushOutcome = 'sent' | 'gone' | 'failed'

/** A notification is for a push service within the server; answered by the one that knows the service of its options. */
export const pushNotifications = chain<PushNotification, PushOutcome>('pushNotifications', { slots: ['main'] })
