import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'

/** What other modules may do with the tokens of installations. */
export interface FastTokensApi {
  /** The ids of the installations that can sign in by a token. */
  installations(user: Jid): Promise<readonly string[]>
  /** Makes the tokens of one installation void. */
  revoke(user: Jid, agent: string): Promise<void>
}
export const fastTokensApi = moduleApi<FastTokensApi>('mod_fast_auth_token')
