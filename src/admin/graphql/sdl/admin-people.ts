/** What administrators do with accounts and what belongs to them. */
export const adminPeople = `
type AccountAdminQuery @protected {
  listUsers(domain: DomainName!, limit: PosInt, index: NonNegInt): [String!] @protected(type: DOMAIN, args: ["domain"])
  countUsers(domain: DomainName!): Int @protected(type: DOMAIN, args: ["domain"])
  checkPassword(user: JID!, password: String!): CheckPasswordPayload @protected(type: DOMAIN, args: ["user"])
  checkPasswordHash(user: JID!, passwordHash: String!, hashMethod: String!): CheckPasswordPayload @protected(type: DOMAIN, args: ["user"])
  checkUser(user: JID!): CheckUserPayload @protected(type: DOMAIN, args: ["user"])
}

type AccountAdminMutation @protected {
  registerUser(domain: DomainName!, username: UserName, password: String!): UserPayload @protected(type: DOMAIN, args: ["domain"])
  removeUser(user: JID!): UserPayload @protected(type: DOMAIN, args: ["user"])
  banUser(user: JID!, reason: String!): UserPayload @protected(type: DOMAIN, args: ["user"])
  changeUserPassword(user: JID!, newPassword: String!): UserPayload @protected(type: DOMAIN, args: ["user"])
  importUsers(filename: NonEmptyString!): ImportPayload @protected(type: GLOBAL)
}

type InboxAdminMutation @protected @use(modules: ["mod_inbox"]) {
  flushUserBin(user: JID!, days: PosInt): Int @protected(type: DOMAIN, args: ["user"])
  flushDomainBin(domain: DomainName!, days: PosInt): Int @protected(type: DOMAIN, args: ["domain"])
  flushGlobalBin(hostType: String!, days: PosInt): Int @protected(type: GLOBAL)
}

type LastAdminQuery @protected @use(modules: ["mod_last"]) {
  getLast(user: JID!): LastActivity @protected(type: DOMAIN, args: ["user"])
  countActiveUsers(domain: DomainName!, timestamp: DateTime): Int @protected(type: DOMAIN, args: ["domain"])
  listOldUsers(domain: DomainName, timestamp: DateTime!): [OldUser!] @protected(type: DOMAIN, args: ["domain"])
}

type LastAdminMutation @protected @use(modules: ["mod_last"]) {
  setLast(user: JID!, timestamp: DateTime, status: String!): LastActivity @protected(type: DOMAIN, args: ["user"])
  removeOldUsers(domain: DomainName, timestamp: DateTime!): [OldUser!] @protected(type: DOMAIN, args: ["domain"])
}

type SessionAdminQuery @protected {
  listSessions(domain: DomainName): [Session!] @protected(type: DOMAIN, args: ["domain"])
  countSessions(domain: DomainName): Int @protected(type: DOMAIN, args: ["domain"])
  listUserSessions(user: JID!): [Session!] @protected(type: DOMAIN, args: ["user"])
  countUserResources(user: JID!): Int @protected(type: DOMAIN, args: ["user"])
  getUserResource(user: JID!, number: PosInt!): ResourceName @protected(type: DOMAIN, args: ["user"])
  listUsersWithStatus(domain: DomainName, status: NonEmptyString!): [UserStatus!] @protected(type: DOMAIN, args: ["domain"])
  countUsersWithStatus(domain: DomainName, status: NonEmptyString!): Int @protected(type: DOMAIN, args: ["domain"])
}

type SessionAdminMutation @protected {
  kickUserSession(user: FullJID!, reason: String): KickUserResult @protected(type: DOMAIN, args: ["user"])
  kickUser(user: BareJID!, reason: String): [KickUserResult!] @protected(type: DOMAIN, args: ["user"])
  setPresence(user: JID!, type: PresenceType!, show: PresenceShow, status: String, priority: Int): SessionPayload @protected(type: DOMAIN, args: ["user"])
}

type StanzaAdminQuery @protected {
  getLastMessages(caller: JID!, with: JID, limit: PosInt = 50, before: DateTime): StanzasPayload @protected(type: DOMAIN, args: ["caller"]) @use(modules: ["mod_mam_pm"])
}

type StanzaAdminMutation @protected {
  sendMessage(from: JID!, to: JID!, body: String!): SendStanzaPayload @protected(type: DOMAIN, args: ["from"])
  sendMessageHeadLine(from: JID!, to: JID!, subject: String, body: String): SendStanzaPayload @protected(type: DOMAIN, args: ["from"])
  sendStanza(stanza: XmlElement): SendStanzaPayload @protected(type: GLOBAL)
}

type StanzaAdminSubscription @protected {
  subscribeForMessages(caller: JID!): StanzaMap @protected(type: DOMAIN, args: ["caller"])
  subscribeForTraffic(limit: Int): TraceMap @protected(type: GLOBAL) @use(services: ["service_traffic"])
}

type RosterAdminQuery @protected @use(modules: ["mod_roster"]) {
  listContacts(user: JID!): [Contact!] @protected(type: DOMAIN, args: ["user"])
  getContact(user: JID!, contact: JID!): Contact @protected(type: DOMAIN, args: ["user"])
}

type RosterAdminMutation @protected @use(modules: ["mod_roster"]) {
  addContact(user: JID!, contact: JID!, name: String, groups: [String!]): String @protected(type: DOMAIN, args: ["user"])
  addContacts(user: JID!, contacts: [ContactInput!]!): [String] @protected(type: DOMAIN, args: ["user"])
  subscription(user: JID!, contact: JID!, action: SubAction!): String @protected(type: DOMAIN, args: ["user"])
  deleteContact(user: JID!, contact: JID!): String @protected(type: DOMAIN, args: ["user"])
  deleteContacts(user: JID!, contacts: [JID!]!): [String] @protected(type: DOMAIN, args: ["user"])
  setMutualSubscription(userA: JID!, userB: JID!, action: MutualSubAction!): String @protected(type: DOMAIN, args: ["userA", "userB"])
  subscribeToAll(user: ContactInput!, contacts: [ContactInput!]!): [String] @protected(type: DOMAIN, args: ["user.jid"])
  subscribeAllToAll(contacts: [ContactInput!]!): [String] @protected(type: DOMAIN, args: ["contacts.jid"])
}

type VcardAdminQuery @protected @use(modules: ["mod_vcard"]) {
  getVcard(user: JID!): Vcard @protected(type: DOMAIN, args: ["user"])
}

type VcardAdminMutation @protected @use(modules: ["mod_vcard"]) {
  setVcard(user: JID!, vcard: VcardInput!): Vcard @protected(type: DOMAIN, args: ["user"])
}

type PrivateAdminQuery @protected @use(modules: ["mod_private"]) {
  getPrivate(user: JID!, element: String!, nameSpace: NonEmptyString!): XmlElement @protected(type: DOMAIN, args: ["user"])
}

type PrivateAdminMutation @protected @use(modules: ["mod_private"]) {
  setPrivate(user: JID!, elementString: XmlElement!): XmlElement @protected(type: DOMAIN, args: ["user"])
}

type OfflineAdminMutation @protected @use(modules: ["mod_offline"]) {
  deleteExpiredMessages(domain: DomainName!): String @protected(type: DOMAIN, args: ["domain"])
  deleteOldMessages(domain: DomainName!, days: PosInt!): String @protected(type: DOMAIN, args: ["domain"])
}

type TokenAdminMutation @protected @use(modules: ["mod_auth_token"]) {
  requestToken(user: JID!): Token @protected(type: DOMAIN, args: ["user"])
  revokeToken(user: JID!): String @protected(type: DOMAIN, args: ["user"])
}

type GdprAdminQuery @protected {
  retrievePersonalData(username: UserName!, domain: DomainName!, resultFilepath: String!): String @protected(type: DOMAIN, args: ["domain"])
}

type BroadcastAdminQuery @protected @use(modules: ["mod_broadcast"]) {
  getBroadcasts(domain: DomainName!, limit: PosInt = 50, index: NonNegInt = 0): [Broadcast!] @protected(type: DOMAIN, args: ["domain"])
  getBroadcast(domain: DomainName!, id: Int!): Broadcast @protected(type: DOMAIN, args: ["domain"])
}

type BroadcastAdminMutation @protected @use(modules: ["mod_broadcast"]) {
  startBroadcast(name: String!, domain: DomainName!, messageSubject: String!, messageBody: String!, senderJid: BareJID!, messageRate: PosInt!, recipientGroup: BroadcastRecipientGroup!): BroadcastMutationResult @protected(type: DOMAIN, args: ["domain"])
  abortBroadcast(domain: DomainName!, id: Int!): BroadcastMutationResult @protected(type: DOMAIN, args: ["domain"])
  deleteInactiveBroadcastsByIds(domain: DomainName!, ids: [Int!]!): BroadcastMutationResult @protected(type: DOMAIN, args: ["domain"])
  deleteInactiveBroadcastsByDomain(domain: DomainName!): BroadcastMutationResult @protected(type: DOMAIN, args: ["domain"])
}

type BlocklistAdminQuery @protected @use(modules: ["mod_blocklist"]) {
  userCount(domain: DomainName!): Int @protected(type: DOMAIN, args: ["domain"])
  listBlockedUsers(domain: DomainName!, limit: PosInt, index: NonNegInt): [BlockedUser!] @protected(type: DOMAIN, args: ["domain"])
}

type BlocklistAdminMutation @protected @use(modules: ["mod_blocklist"]) {
  addUser(user: JID!, reason: NonEmptyString): Boolean @protected(type: DOMAIN, args: ["user"])
  removeUser(user: JID!): Boolean @protected(type: DOMAIN, args: ["user"])
}
`
