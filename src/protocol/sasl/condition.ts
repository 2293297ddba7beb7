/** Why an authentication failed: RFC 6120 §6.5, and `account-disabled` and friends of RFC 4422's profiles for XMPP. */
export type SaslCondition =
  | 'aborted'
  | 'account-disabled'
  | 'credentials-expired'
  | 'encryption-required'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'mechanism-too-weak'
  /** A token without the installation that it was made for; MongooseIM's name, in no standard. */
  | 'no-user-agent'
  | 'not-authorized'
  | 'temporary-auth-failure'

/** The client and the server do not agree on channel binding (RFC 5802 §6): nothing has been tried. */
export function bindingRefused(): SaslError {
  return new SaslError('not-authorized', undefined, false)
}

/** Ends one attempt to authenticate. The text goes to the client, so it never says more than the condition may. */
export class SaslError extends Error {
  readonly condition: SaslCondition
  readonly text: string | undefined
  /** Whether a password may have been tried; some clients go through several mechanisms before they find one that fits. */
  readonly isGuess: boolean

  constructor(condition: SaslCondition, text?: string, isGuess = true) {
    super(text ?? condition)
    this.name = 'SaslError'
    this.condition = condition
    this.text = text
    this.isGuess = isGuess
  }
}
