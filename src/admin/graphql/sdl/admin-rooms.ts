/** What administrators do with rooms. */
export const adminRooms = `
type MUCAdminQuery @protected @use(modules: ["mod_muc"]) {
  listRooms(mucDomain: DomainName!, from: JID!, limit: PosInt, index: NonNegInt): MUCRoomsPayload @protected(type: DOMAIN, args: ["from"])
  getRoomConfig(room: BareJID!): MUCRoomConfig @protected(type: DOMAIN, args: ["room"])
  listRoomUsers(room: BareJID!): [MUCRoomUser!] @protected(type: DOMAIN, args: ["room"])
  listRoomAffiliations(room: BareJID!, affiliation: MUCAffiliation): [MUCRoomAffiliation!] @protected(type: DOMAIN, args: ["room"])
  getRoomMessages(room: BareJID!, pageSize: PosInt, before: DateTime): StanzasPayload @protected(type: DOMAIN, args: ["room"]) @use(modules: ["mod_mam_muc"])
}

type MUCAdminMutation @protected @use(modules: ["mod_muc"]) {
  createInstantRoom(room: BareJID!, owner: JID!, nick: ResourceName!): MUCRoomDesc @protected(type: DOMAIN, args: ["owner"])
  inviteUser(room: BareJID!, sender: JID!, recipient: JID!, reason: String): String @protected(type: DOMAIN, args: ["sender"])
  kickUser(room: BareJID!, nick: ResourceName!, reason: String): String @protected(type: DOMAIN, args: ["room"])
  sendMessageToRoom(room: BareJID!, from: FullJID!, body: String!): String @protected(type: DOMAIN, args: ["from"])
  sendPrivateMessage(room: BareJID!, from: FullJID!, toNick: ResourceName!, body: String!): String @protected(type: DOMAIN, args: ["from"])
  deleteRoom(room: BareJID!, reason: String): String @protected(type: DOMAIN, args: ["room"])
  changeRoomConfiguration(room: BareJID!, config: MUCRoomConfigInput!): MUCRoomConfig @protected(type: DOMAIN, args: ["room"])
  setUserRole(room: BareJID!, nick: ResourceName!, role: MUCRole!): String @protected(type: DOMAIN, args: ["room"])
  setUserAffiliation(room: BareJID!, user: JID!, affiliation: MUCAffiliation!): String @protected(type: DOMAIN, args: ["room"])
  enterRoom(room: BareJID!, user: FullJID!, nick: ResourceName!, password: String): String @protected(type: DOMAIN, args: ["user"])
  exitRoom(room: BareJID!, user: FullJID!, nick: ResourceName!): String @protected(type: DOMAIN, args: ["user"])
}

type MUCLightAdminQuery @protected @use(modules: ["mod_muc_light"]) {
  getRoomMessages(room: BareJID!, pageSize: PosInt, before: DateTime): StanzasPayload @protected(type: DOMAIN, args: ["room"]) @use(modules: ["mod_mam_muc"])
  getRoomConfig(room: BareJID!): Room @protected(type: DOMAIN, args: ["room"])
  listRoomUsers(room: BareJID!): [RoomUser!] @protected(type: DOMAIN, args: ["room"])
  listUserRooms(user: JID!): [JID!] @protected(type: DOMAIN, args: ["user"])
  getBlockingList(user: JID!): [BlockingItem!] @protected(type: DOMAIN, args: ["user"])
  listRooms(mucDomain: DomainName!, filter: String, after: BareJID, limit: PosInt = 50): MUCLightRoomsPayload @protected(type: DOMAIN, args: ["mucDomain"])
}

type MUCLightAdminMutation @protected @use(modules: ["mod_muc_light"]) {
  createRoom(mucDomain: DomainName!, name: String, owner: JID!, subject: String, id: RoomName, options: [RoomConfigDictEntryInput!]): Room @protected(type: DOMAIN, args: ["mucDomain", "owner"])
  changeRoomConfiguration(room: BareJID!, owner: JID!, name: String, subject: String, options: [RoomConfigDictEntryInput!]): Room @protected(type: DOMAIN, args: ["room"])
  inviteUser(room: BareJID!, sender: JID!, recipient: JID!): String @protected(type: DOMAIN, args: ["sender"])
  deleteRoom(room: BareJID!): String @protected(type: DOMAIN, args: ["room"])
  kickUser(room: BareJID!, user: JID!): String @protected(type: DOMAIN, args: ["room"])
  sendMessageToRoom(room: BareJID!, from: JID!, body: String!): String @protected(type: DOMAIN, args: ["from"])
  setBlockingList(user: JID!, items: [BlockingInput!]!): String @protected(type: DOMAIN, args: ["user"])
}
`
