import type { Logger } from '../observe/logger.ts'
import { isPassing, refusalOf } from '../router/refusal.ts'
import type { Router } from '../router/router.ts'
import type { Stanza } from '../stanza/stanza.ts'
import { StanzaError } from '../stanza/stanza-error.ts'

/**
 * Routes what a server or a component has sent; what a module has against it is told there. Never throws, never rejects; a promise
 * says that the next one has to wait.
 */
export function routeReceived(
  stanza: Stanza,
  { router, log }: { readonly router: Router; readonly log: Logger },
): Promise<void> | undefined {
  const refuse = (error: unknown): void => {
    const isExpected = error instanceof StanzaError || isPassing(error)
    if (!isExpected) log.error({ what: 'routing_failed', reason: error, from_jid: stanza.from?.full })
    const reply = stanza.kind === 'presence' ? undefined : stanza.errorReply(refusalOf(error))
    if (reply !== undefined) router.post(reply)
  }
  try {
    return router.route(stanza)?.catch(refuse)
  } catch (error) {
    refuse(error)
    return undefined
  }
}
