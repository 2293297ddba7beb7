/** vCards, as they are given. */
export const vcardInputs = `
input VcardInput {
  formattedName: String!
  nameComponents: NameComponentsInput!
  nickname: [String]
  photo: [ImageInput]
  birthday: [String]
  address: [AddressInput]
  label: [LabelInput]
  telephone: [TelephoneInput]
  email: [EmailInput]
  jabberId: [String]
  mailer: [String]
  timeZone: [String]
  geo: [GeographicalPositionInput]
  title: [String]
  role: [String]
  logo: [ImageInput]
  agent: [AgentInput]
  org: [OrganizationInput]
  categories: [KeywordInput]
  note: [String]
  prodId: [String]
  rev: [String]
  sortString: [String]
  sound: [SoundInput]
  uid: [String]
  url: [String]
  desc: [String]
  class: [PrivacyInput]
  key: [KeyInput]
}

input KeywordInput {
  keyword: [String]
}

input NameComponentsInput {
  family: String
  givenName: String
  middleName: String
  prefix: String
  suffix: String
}

input AddressInput {
  tags: [AddressTags]
  pobox: String
  extadd: String
  street: String
  locality: String
  region: String
  pcode: String
  country: String
}

input LabelInput {
  tags: [AddressTags]
  line: [String]!
}

input TelephoneInput {
  tags: [TelephoneTags]
  number: String!
}

input EmailInput {
  tags: [EmailTags]
  userId: String!
}

input ImageInput {
  type: String
  binValue: String
  extValue: String
}

input SoundInput {
  phonetic: String
  binValue: String
  extValue: String
}

input AgentInput {
  extValue: String
  vcard: VcardInput
}

input GeographicalPositionInput {
  lat: String!
  lon: String!
}

input OrganizationInput {
  orgname: String!
  orgunit: [String]
}

input PrivacyInput {
  tags: [PrivacyClassificationTags]
}

input KeyInput {
  type: String
  credential: String!
}
`
