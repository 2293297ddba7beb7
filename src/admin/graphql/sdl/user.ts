/** The schema for users: what they do with their own accounts. */
export const userOperations = `
schema {
  query: UserQuery
  mutation: UserMutation
  subscription: UserSubscription
}

type UserQuery {
  checkAuth: UserAuthInfo
  last: LastUserQuery
  muc: MUCUserQuery
  muc_light: MUCLightUserQuery
  session: SessionUserQuery
  stanza: StanzaUserQuery
  roster: RosterUserQuery
  vcard: VcardUserQuery
  private: PrivateUserQuery
}

type UserMutation {
  account: AccountUserMutation
  inbox: InboxUserMutation
  last: LastUserMutation
  muc: MUCUserMutation
  muc_light: MUCLightUserMutation
  stanza: StanzaUserMutation
  roster: RosterUserMutation
  vcard: VcardUserMutation
  private: PrivateUserMutation
  httpUpload: HttpUploadUserMutation
  token: TokenUserMutation
}

type UserSubscription {
  stanza: StanzaUserSubscription
}

type AccountUserMutation @protected {
  unregister: String
  changePassword(newPassword: String!): String
}

type InboxUserMutation @protected @use(modules: ["mod_inbox"]) {
  flushBin(days: PosInt): Int
}

type LastUserQuery @protected @use(modules: ["mod_last"]) {
  getLast(user: JID): LastActivity
}

type LastUserMutation @protected @use(modules: ["mod_last"]) {
  setLast(timestamp: DateTime, status: String!): LastActivity
}

type MUCUserQuery @protected @use(modules: ["mod_muc"]) {
  listRooms(mucDomain: DomainName!, limit: PosInt, index: NonNegInt): MUCRoomsPayload
  getRoomConfig(room: BareJID!): MUCRoomConfig
  listRoomUsers(room: BareJID!): [MUCRoomUser!]
  listRoomAffiliations(room: BareJID!, affiliation: MUCAffiliation): [MUCRoomAffiliation!]
  getRoomMessages(room: BareJID!, pageSize: PosInt, before: DateTime): StanzasPayload @use(modules: ["mod_mam_muc"])
}

type MUCUserMutation @protected @use(modules: ["mod_muc"]) {
  createInstantRoom(room: BareJID!, nick: ResourceName!): MUCRoomDesc
  inviteUser(room: BareJID!, recipient: JID!, reason: String): String
  kickUser(room: BareJID!, nick: ResourceName!, reason: String): String
  sendMessageToRoom(room: BareJID!, body: String!, resource: ResourceName): String
  sendPrivateMessage(room: BareJID!, toNick: ResourceName!, body: String!, resource: ResourceName): String
  deleteRoom(room: BareJID!, reason: String): String
  changeRoomConfiguration(room: BareJID!, config: MUCRoomConfigInput!): MUCRoomConfig
  setUserRole(room: BareJID!, nick: ResourceName!, role: MUCRole!): String
  setUserAffiliation(room: BareJID!, user: JID!, affiliation: MUCAffiliation!): String
  enterRoom(room: BareJID!, nick: ResourceName!, resource: ResourceName!, password: String): String
  exitRoom(room: BareJID!, nick: ResourceName!, resource: ResourceName!): String
}

type MUCLightUserQuery @protected @use(modules: ["mod_muc_light"]) {
  getRoomMessages(room: BareJID!, pageSize: PosInt, before: DateTime): StanzasPayload @use(modules: ["mod_mam_muc"])
  getRoomConfig(room: BareJID!): Room
  listRoomUsers(room: BareJID!): [RoomUser!]
  listRooms: [JID!]
  getBlockingList: [BlockingItem!]
}

type MUCLightUserMutation @protected @use(modules: ["mod_muc_light"]) {
  createRoom(mucDomain: DomainName!, name: String, subject: String, id: RoomName, options: [RoomConfigDictEntryInput!]): Room
  changeRoomConfiguration(room: BareJID!, name: String, subject: String, options: [RoomConfigDictEntryInput!]): Room
  inviteUser(room: BareJID!, recipient: JID!): String
  deleteRoom(room: BareJID!): String
  kickUser(room: BareJID!, user: JID): String
  sendMessageToRoom(room: BareJID!, body: String!): String
  setBlockingList(items: [BlockingInput!]!): String
}

type SessionUserQuery @protected {
  listResources: [ResourceName!]
  countResources: Int
  listSessions: [Session!]
}

type StanzaUserQuery @protected {
  getLastMessages(with: JID, limit: PosInt = 50, before: DateTime): StanzasPayload @use(modules: ["mod_mam_pm"])
}

type StanzaUserMutation @protected {
  sendMessage(from: JID, to: JID!, body: String!): SendStanzaPayload
  sendMessageHeadLine(from: JID, to: JID!, subject: String, body: String): SendStanzaPayload
  sendStanza(stanza: XmlElement): SendStanzaPayload
}

type StanzaUserSubscription @protected {
  subscribeForMessages: StanzaMap
}

type RosterUserQuery @protected @use(modules: ["mod_roster"]) {
  listContacts: [Contact!]
  getContact(contact: JID!): Contact
}

type RosterUserMutation @protected @use(modules: ["mod_roster"]) {
  addContact(contact: JID!, name: String, groups: [String!]): String
  addContacts(contacts: [ContactInput!]!): [String]
  subscription(contact: JID!, action: SubAction!): String
  deleteContact(contact: JID!): String
  deleteContacts(contacts: [JID!]!): [String]
}

type VcardUserQuery @protected @use(modules: ["mod_vcard"]) {
  getVcard(user: JID): Vcard
}

type VcardUserMutation @protected @use(modules: ["mod_vcard"]) {
  setVcard(vcard: VcardInput!): Vcard
}

type PrivateUserQuery @protected @use(modules: ["mod_private"]) {
  getPrivate(element: String!, nameSpace: NonEmptyString!): XmlElement
}

type PrivateUserMutation @protected @use(modules: ["mod_private"]) {
  setPrivate(elementString: XmlElement!): XmlElement
}

type HttpUploadUserMutation @protected @use(modules: ["mod_http_upload"]) {
  getUrl(filename: NonEmptyString!, size: PosInt!, contentType: String, timeout: PosInt!): FileUrls
}

type TokenUserMutation @protected @use(modules: ["mod_auth_token"]) {
  requestToken: Token
  revokeToken: String
}
`
