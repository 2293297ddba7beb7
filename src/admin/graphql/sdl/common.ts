/** What both schemas begin with: directives and scalars. */
export const common = `
"Who may use a field, or the fields of a type: any who has signed in, the administrator of the domain that these arguments lie in, or global administrators only."
directive @protected(type: ProtectionType = DEFAULT, args: [String!] = []) on FIELD_DEFINITION | OBJECT

"What has to run for a field, or the fields of a type. With args, on the domains that these arguments lie in."
directive @use(modules: [String!] = [], services: [String!] = [], internal_databases: [String!] = [], args: [String!] = []) on FIELD_DEFINITION | OBJECT

"For tools that make documents of a schema."
directive @spectaql(options: [SpectaqlOption]) on FIELD_DEFINITION

enum ProtectionType {
  DEFAULT
  DOMAIN
  GLOBAL
}

input SpectaqlOption {
  key: String!
  value: String!
}

"A moment, YYYY-MM-DDThh:mm:ssZ; fractions of a second are accepted."
scalar DateTime

"An element of XML, as text."
scalar XmlElement

"An address: user@domain, with a resource or without, or a domain."
scalar JID

"An address without a resource."
scalar BareJID

"An address with a resource."
scalar FullJID

"The local part of an account."
scalar UserName

"The local part of a room."
scalar RoomName

"The name of a domain."
scalar DomainName

"The resource of a client, or a nick in a room."
scalar ResourceName

"The name of a node; self is the one that is asked."
scalar NodeName

"A text of one character at least."
scalar NonEmptyString

"A whole number above 0."
scalar PosInt

"A whole number, 0 or above."
scalar NonNegInt
`
