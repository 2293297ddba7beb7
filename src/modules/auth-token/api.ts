import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'

/** What commands may do with tokens. */
export interface AuthTokenApi {
  /** Whether there is such an account. */
  hasUser(user: Jid): Promise<boolean>
  /** Both tokens of a user, in base64. */
  issue(user: Jid): Promise<{ readonly access: string; readonly refresh: string }>
  /** Revokes the refresh tokens of a user; false for somebody who never had one. */
  revoke(user: Jid): Promise<boolean>
}
export const authTokenApi = moduleApi<AuthTokenApi>('mod_auth_token')
