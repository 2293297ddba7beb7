import type { HttpAnswer, HttpCall } from '../../net/http-pool.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { fromWire } from '../../xml/wire.ts'

const query =
  'mutation verifyMessage($body: String!, $rawData: String!, $externalId: ID!, $recipient: String!, $sender: String!)' +
  ' { verifyMessage(body: $body, rawData: $rawData, externalId: $externalId, recipient: $recipient, sender: $sender)' +
  ' { action } }'

/** The request that asks whether a message may go. */
export function questionAbout(stanza: Stanza, externalId: string): HttpCall {
  const variables = {
    body: stanza.child('body')?.text() ?? '',
    rawData: fromWire(stanza.toWire('client')),
    externalId,
    recipient: stanza.to?.full ?? '',
    sender: stanza.from?.full ?? '',
  }
  const headers = { accept: 'application/json', 'content-type': 'application/json' }
  return { method: 'POST', path: '', headers, body: JSON.stringify({ query, variables }) }
}

/** What the service has said; `trouble`: why it is no verdict. */
export type Verdict =
  | { readonly is: 'allow' | 'block' }
  | { readonly is: 'trouble'; readonly reason: string; readonly level: 'warn' | 'error' }

/** There is no verdict. */
export function trouble(reason: string, level: 'warn' | 'error' = 'error'): Verdict {
  return { is: 'trouble', reason, level }
}

/** Reads the answer of the service. */
export function verdictOf({ status, body }: HttpAnswer): Verdict {
  if (status !== 200) return trouble(`status ${status}`, 'warn')
  const answer = parsed(body)
  if (!isTable(answer)) return trouble('not JSON, or no object')
  if (answer['errors'] !== undefined) return trouble('GraphQL errors')
  const data = answer['data']
  const verified = isTable(data) ? data['verifyMessage'] : undefined
  const action = isTable(verified) ? verified['action'] : undefined
  if (action === 'BLOCK') return { is: 'block' }
  return action === 'ALLOW' ? { is: 'allow' } : trouble('no known action')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
