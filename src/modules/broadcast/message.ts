import { createHash } from 'node:crypto'
import type { Jid } from '../../jid/jid.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { el } from '../../xml/element.ts'
import type { Broadcast } from './api.ts'

/** The id of the message of a job to somebody: the same when it is sent again. */
export function messageId(job: number, recipient: Jid): string {
  const hash = createHash('sha256').update(`${job}:${recipient.bareString}`).digest('hex')
  return `mb-${hash.slice(0, 32).toUpperCase()}`
}

/** The message of a job to one recipient. */
export function messageFor(job: Broadcast, to: Jid): Stanza {
  const id = messageId(job.id, to)
  return Stanza.make(
    'message',
    { type: 'chat', id, from: job.sender, to },
    el('subject', NS.client, job.subject),
    el('body', NS.client, job.body),
    el('origin-id', 'urn:xmpp:sid:0', { id }),
  )
}
