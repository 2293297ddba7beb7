/** Accounts and what belongs to them. */
export const peopleTypes = `
enum AuthStatus {
  AUTHORIZED
  UNAUTHORIZED
}

type Broadcast {
  id: Int!
  name: String!
  domain: DomainName!
  messageSubject: String!
  messageBody: String!
  senderJid: JID!
  messageRate: PosInt!
  ownerNode: String!
  createTimestamp: DateTime!
  startTimestamp: DateTime
  stopTimestamp: DateTime
  executionState: BroadcastJobState!
  abortionReason: String
  recipientGroup: BroadcastRecipientGroup!
  recipientCount: PosInt!
  recipientsProcessed: NonNegInt!
}

enum BroadcastRecipientGroup {
  ALL_USERS_IN_DOMAIN
}

enum BroadcastJobState {
  RUNNING
  FINISHED
  ABORT_ERROR
  ABORT_ADMIN
}

type BroadcastMutationResult {
  message: String!
  ids: [Int!]!
}

type LastActivity {
  user: JID!
  timestamp: DateTime!
  status: String!
}

input ContactInput {
  jid: JID!
  name: String!
  groups: [String!]
}

type Contact {
  jid: JID!
  name: String
  groups: [String!]
  subscription: ContactSub
  ask: ContactAsk
}

enum ContactSub {
  NONE
  BOTH
  FROM
  TO
}

enum ContactAsk {
  SUBSCRIBE
  UNSUBSCRIBE
  IN
  OUT
  BOTH
  NONE
}

enum SubAction {
  INVITE
  ACCEPT
  DECLINE
  CANCEL
}

enum MutualSubAction {
  CONNECT
  DISCONNECT
}

type Session {
  user: JID!
  connection: String
  ip: String
  port: Int
  priority: Int
  node: String
  uptime: Int
}

type StanzasPayload {
  stanzas: [StanzaMap]
  limit: Int
}

type StanzaMap {
  sender: JID
  timestamp: DateTime
  stanza_id: String
  stanza: XmlElement
}

type SendStanzaPayload {
  id: ID
}

type TraceMap {
  pid: String
  jid: JID
  timestamp: DateTime
  dir: String
  stanza: String
}

type Token {
  access: String
  refresh: String
}

type UserPayload {
  jid: JID!
  message: String!
}

type ImportPayload {
  status: String!
  created: [JID!]
  existing: [JID!]
  notAllowed: [JID!]
  invalidJID: [String!]
  emptyPassword: [JID!]
  invalidRecord: [String!]
}

type CheckPasswordPayload {
  correct: Boolean!
  message: String!
}

type CheckUserPayload {
  exist: Boolean!
  message: String!
}

type AdminAuthInfo {
  domain: DomainName
  authStatus: AuthStatus!
  authType: AuthType
}

enum AuthType {
  DOMAIN_ADMIN
  ADMIN
  UNAUTHORIZED
}

type BlockedUser {
  jid: JID!
  reason: String
}

type OldUser {
  jid: JID!
  timestamp: DateTime
}

enum PresenceType {
  AVAILABLE
  ERROR
  PROBE
  SUBSCRIBE
  SUBSCRIBED
  UNAVAILABLE
  UNSUBSCRIBE
  UNSUBSCRIBED
}

enum PresenceShow {
  ONLINE
  AWAY
  CHAT
  DND
  XA
}

type KickUserResult {
  jid: JID!
  kicked: Boolean!
  code: String
  message: String!
}

type SessionPayload {
  jid: JID!
  message: String!
}

type UserStatus {
  user: JID!
  priority: Int
  text: String
}

type UserAuthInfo {
  username: UserName
  authStatus: AuthStatus
}
`
