import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'

/** What is passed on to who is invited. */
export interface InvitationLink {
  /** An `xmpp:` URI (XEP-0401 §3). */
  readonly uri: string
  /** A page for browsers, where there is one. */
  readonly landingUrl: string | undefined
  /** Milliseconds since the epoch. */
  readonly expires: number
}

/** What is asked for with an invitation to register. */
export interface AccountInvitation {
  readonly domain: string
  /** Who invites; undefined for the operator. */
  readonly inviter: Jid | undefined
  /** The name that is kept for the account; '' leaves it open. */
  readonly username: string
  /** Whether inviter and new account become contacts. */
  readonly makesContacts: boolean
}

/** An invitation as it is shown to whom it has been given. */
export interface ShownInvitation {
  readonly uri: string
  readonly domain: string
  /** Address of who invites; undefined for the operator. */
  readonly inviter: string | undefined
  /** Whether an account can be registered by it. */
  readonly isForAccount: boolean
  /** Milliseconds since the epoch. */
  readonly expires: number
}

/** What commands and pages may do with invitations. */
export interface InvitesApi {
  /** Throws StanzaError `conflict` where the name is taken or kept for somebody. */
  inviteToRegister(wish: AccountInvitation): Promise<InvitationLink>
  /** The invitation of a token that still counts, for a domain of this host. */
  look(token: string): Promise<ShownInvitation | undefined>
}
export const invitesApi = moduleApi<InvitesApi>('mod_invites')
