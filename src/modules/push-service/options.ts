import { z } from 'zod'
import { filePath } from '../../config/option.ts'

const restart = { reload: 'restart' } as const

const origin = (usual: string) =>
  z
    .string()
    .regex(/^https:\/\/[^/?#@\s]+$/i, { error: 'Expected "https://name" or "https://name:port".' })
    .default(usual)

const apns = z.strictObject({
  private_key: z
    .string()
    .min(1)
    .describe('Apple\'s signing key (`.p8`): the text, or `{ file = "AuthKey.p8" }`.')
    .meta({ secret: true, ...restart, example: { file: 'AuthKey.p8' } }),
  key_id: z
    .string()
    .min(1)
    .describe('Id of the key.')
    .meta({ ...restart, example: 'ABC123DEFG' }),
  team_id: z
    .string()
    .min(1)
    .describe('Id of the team.')
    .meta({ ...restart, example: 'DEF123GHIJ' }),
  topic: z
    .string()
    .min(1)
    .optional()
    .describe('Bundle id of the app, for clients that do not name one.')
    .meta({ ...restart, example: 'org.example.chat' }),
  url: origin('https://api.push.apple.com').describe('Where the service is.').meta(restart),
  dev_url: origin('https://api.sandbox.push.apple.com')
    .describe('Where the service is for devices whose `mode` is `dev`.')
    .meta(restart),
})

const fcm = z.strictObject({
  service_account: z
    .string()
    .min(1)
    .describe('The JSON of a service account of the Firebase project: the text, or `{ file = "account.json" }`.')
    .meta({ secret: true, ...restart, example: { file: 'account.json' } }),
  url: origin('https://fcm.googleapis.com').describe('Where the service is.').meta(restart),
})

const webPush = z.strictObject({
  private_key: z
    .string()
    .min(1)
    .describe('Key of P-256 in PEM that this server is known by (VAPID): the text, or `{ file = "vapid.pem" }`.')
    .meta({ secret: true, ...restart, example: { file: 'vapid.pem' } }),
  subject: z
    .string()
    .regex(/^(mailto:|https:)/, { error: 'Expected an address that begins with "mailto:" or "https:".' })
    .describe('Whom push services may turn to.')
    .meta({ ...restart, example: 'mailto:admin@example.org' }),
  time_to_live: z
    .int()
    .min(0)
    .default(86_400)
    .describe('Seconds for which a service keeps what it cannot deliver, unless the client says otherwise.')
    .meta(restart),
  hosts: z
    .array(z.string().min(1))
    .default([
      ...['fcm.googleapis.com', 'updates.push.services.mozilla.com', 'web.push.apple.com'],
      '*.push.apple.com',
      '*.notify.windows.com',
    ])
    .describe('Push services that clients may name, `*.` for any name below.')
    .meta(restart),
})

export const options = z.strictObject({
  apns: apns.optional().describe('Notifies devices of Apple.'),
  fcm: fcm.optional().describe('Notifies devices by Firebase Cloud Messaging.'),
  web_push: webPush.optional().describe('Notifies browsers.'),
  retries: z
    .int()
    .min(0)
    .default(3)
    .describe('How often a notification is sent again while a service is busy or away, at growing intervals.')
    .meta({ reload: 'live' }),
  cacertfile: filePath()
    .optional()
    .describe('Authorities trusted for the certificates of services, in PEM. Not set: those of the system.')
    .meta({ ...restart, example: 'ca.pem' }),
})

export type ApnsOptions = z.output<typeof apns>
export type WebPushOptions = z.output<typeof webPush>
