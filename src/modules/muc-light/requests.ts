import { Jid } from '../../jid/jid.ts'
import type { RegisterIq } from '../../module/context.ts'
import type { IqHandler } from '../../router/iq-registry.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { AffiliationChange } from './core/affiliations.ts'

/** Who asks, and with which id. */
export function causeOf(from: Jid, id: string | undefined): { by: Jid; id: string } {
  return { by: from, id: id ?? '' }
}

/** Reads what somebody is to be. Throws `bad-request` for what is no address or no affiliation. */
export function readAffiliation(address: string, affiliation: string | undefined): AffiliationChange {
  const jid = Jid.tryParse(address.trim())
  const isKnown = affiliation === 'owner' || affiliation === 'member' || affiliation === 'none'
  if (jid === undefined || !isKnown) throw new StanzaError('bad-request')
  return { jid: jid.bare, affiliation }
}

/** Errors of MUC Light do not repeat what was sent. */
export function terse(error: unknown): unknown {
  if (!(error instanceof StanzaError)) return error
  return new StanzaError(error.condition, { ...error.options, type: error.type, omitsRequest: true })
}

/** Registers handlers whose errors are terse. */
export function tersely(iq: RegisterIq): RegisterIq {
  return (type, ns, name, handler) => {
    const wrapped: IqHandler = async (request, session) => {
      try {
        return await handler(request, session)
      } catch (error) {
        throw terse(error)
      }
    }
    iq(type, ns, name, wrapped)
  }
}
