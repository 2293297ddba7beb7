/** vCards, as they are shown. */
export const vcardTypes = `
type Vcard {
  formattedName: String
  nameComponents: NameComponents
  nickname: [String]
  photo: [Image]
  birthday: [String]
  address: [Address]
  label: [Label]
  telephone: [Telephone]
  email: [Email]
  jabberId: [String]
  mailer: [String]
  timeZone: [String]
  geo: [GeographicalPosition]
  title: [String]
  role: [String]
  logo: [Image]
  agent: [Agent]
  org: [Organization]
  categories: [Keyword]
  note: [String]
  prodId: [String]
  rev: [String]
  sortString: [String]
  sound: [Sound]
  uid: [String]
  url: [String]
  desc: [String]
  class: [Privacy]
  key: [Key]
}

type Keyword {
  keyword: [String]
}

type NameComponents {
  family: String
  givenName: String
  middleName: String
  prefix: String
  suffix: String
}

type Address {
  tags: [AddressTags]
  pobox: String
  extadd: String
  street: String
  locality: String
  region: String
  pcode: String
  country: String
}

type Label {
  tags: [AddressTags]
  line: [String]
}

type Telephone {
  tags: [TelephoneTags]
  number: String
}

type Email {
  tags: [EmailTags]
  userId: String
}

type ImageData {
  type: String
  binValue: String
}

type External {
  extValue: String
}

type Phonetic {
  phonetic: String
}

type BinValue {
  binValue: String
}

type AgentVcard {
  vcard: Vcard
}

union Image = ImageData | External

union Sound = Phonetic | BinValue | External

union Agent = AgentVcard | External

type GeographicalPosition {
  lat: String
  lon: String
}

type Organization {
  orgname: String
  orgunit: [String]
}

type Privacy {
  tags: [PrivacyClassificationTags]
}

type Key {
  type: String
  credential: String
}

enum PrivacyClassificationTags {
  PUBLIC
  PRIVATE
  CONFIDENTIAL
}

enum AddressTags {
  HOME
  WORK
  POSTAL
  PARCEL
  DOM
  PREF
  INTL
}

enum TelephoneTags {
  HOME
  WORK
  VOICE
  FAX
  PAGER
  MSG
  CELL
  VIDEO
  BBS
  MODEM
  ISDN
  PCS
  PREF
}

enum EmailTags {
  HOME
  WORK
  INTERNET
  PREF
  X400
}
`
