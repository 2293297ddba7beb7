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

/** Ends one attempt to authenticate. The text goes to the client, so it never says more than the condition may. */
export class SaslError extends Error {
  readonly condition: SaslCondition
  readonly text: string | undefined

  constructor(condition: SaslCondition, text?: string) {
    super(text ?? condition)
    this.name = 'SaslError'
    this.condition = condition
    this.text = text
  }
}
