/** Rooms. */
export const roomTypes = `
enum MUCAffiliation {
  OWNER
  ADMIN
  MEMBER
  OUTCAST
  NONE
}

enum MUCRole {
  VISITOR
  PARTICIPANT
  MODERATOR
}

type MUCRoomUser {
  jid: JID
  nick: String!
  role: MUCRole!
}

type MUCRoomAffiliation {
  jid: JID!
  affiliation: MUCAffiliation!
}

type MUCRoomDesc {
  jid: JID!
  title: String!
  private: Boolean
  usersNumber: NonNegInt
}

type MUCRoomConfig {
  title: String!
  description: String!
  allowChangeSubject: Boolean!
  allowQueryUsers: Boolean!
  allowPrivateMessages: Boolean!
  allowVisitorStatus: Boolean!
  allowVisitorNickchange: Boolean!
  public: Boolean!
  publicList: Boolean!
  persistent: Boolean!
  moderated: Boolean!
  membersByDefault: Boolean!
  membersOnly: Boolean!
  allowUserInvites: Boolean!
  allowMultipleSession: Boolean!
  passwordProtected: Boolean!
  password: String!
  anonymous: Boolean!
  mayGetMemberList: [String!]!
  maxUsers: PosInt
}

type MUCRoomsPayload {
  rooms: [MUCRoomDesc!]
  count: NonNegInt
  index: NonNegInt
  first: String
  last: String
}

enum Affiliation {
  OWNER
  MEMBER
  NONE
}

input BlockingInput {
  entityType: BlockedEntityType!
  action: BlockingAction!
  entity: JID!
}

type BlockingItem {
  entityType: BlockedEntityType!
  action: BlockingAction!
  entity: JID!
}

enum BlockingAction {
  ALLOW
  DENY
}

enum BlockedEntityType {
  USER
  ROOM
}

input RoomConfigDictEntryInput {
  key: String!
  value: String!
}

type RoomConfigDictEntry {
  key: String!
  value: String!
}

type Room {
  jid: BareJID!
  name: String
  subject: String
  participants: [RoomUser!]!
  options: [RoomConfigDictEntry!]!
}

type RoomUser {
  jid: JID!
  affiliation: Affiliation!
}

type MUCLightRoomsPayload {
  rooms: [MUCLightRoomDesc!]
  count: NonNegInt
  nextPage: Boolean
}

type MUCLightRoomDesc {
  jid: BareJID!
  name: String
  subject: String
  usersNumber: NonNegInt
}

input MUCRoomConfigInput {
  title: String
  description: String
  allowChangeSubject: Boolean
  allowQueryUsers: Boolean
  allowPrivateMessages: Boolean
  allowVisitorStatus: Boolean
  allowVisitorNickchange: Boolean
  public: Boolean
  publicList: Boolean
  persistent: Boolean
  moderated: Boolean
  membersByDefault: Boolean
  membersOnly: Boolean
  allowUserInvites: Boolean
  allowMultipleSession: Boolean
  passwordProtected: Boolean
  password: String
  anonymous: Boolean
  mayGetMemberList: [String!]
  maxUsers: PosInt
}
`
