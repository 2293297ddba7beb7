import { Jid } from '../../jid/jid.ts'
import { SaslError } from './condition.ts'

/**
 * The account that an authentication identity names on this domain, or undefined when no account can have that name.
 * `user@domain` is understood where the domain is the stream's own.
 */
export function accountOf(authcid: string, domain: string): Jid | undefined {
  const at = authcid.indexOf('@')
  const local = at < 0 ? authcid : authcid.slice(0, at)
  if (local === '') return undefined
  try {
    const user = Jid.ofStored(local, domain)
    if (at < 0) return user
    return Jid.tryParse(authcid.slice(at + 1))?.full === user.domain ? user : undefined
  } catch {
    return undefined
  }
}

/** Throws SaslError `invalid-authzid` unless the identity asked for, if any, is the user's own bare address. */
export function checkAuthzid(authzid: string | undefined, user: Jid | undefined): void {
  if (authzid === undefined || authzid === '') return
  if (user === undefined || Jid.tryParse(authzid)?.full !== user.full) throw new SaslError('invalid-authzid')
}
