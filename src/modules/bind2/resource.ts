import { createHmac, randomBytes } from 'node:crypto'
import type { Jid } from '../../jid/jid.ts'
import type { UserAgent } from '../../protocol/sasl2/login.ts'

const identifierBytes = 12

/**
 * The resource of a client: its tag, where it has one that can stand in a resource, and an identifier that nobody can guess.
 * A program that tells who it is gets the same each time (XEP-0386 §4.1), from which its own id cannot be found.
 */
export function resourceFor(user: Jid, tag: string, agent: UserAgent | undefined, secret: Uint8Array): string {
  const identifier = identifierOf(user, agent, secret)
  if (tag === '') return identifier
  try {
    return user.withResource(`${tag}/${identifier}`).resource
  } catch {
    return identifier
  }
}

function identifierOf(user: Jid, agent: UserAgent | undefined, secret: Uint8Array): string {
  if (agent === undefined || agent.id === '') return randomBytes(identifierBytes).toString('base64url')
  const digest = createHmac('sha256', secret).update(`${user.bareString}\0${agent.id}`).digest()
  return digest.subarray(0, identifierBytes).toString('base64url')
}
