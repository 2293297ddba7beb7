const base = 'urn:xmpp:muclight:0'
const muc = 'http://jabber.org/protocol/muc'

/** The namespaces of MUC Light, and those of XEP-0045 that the older dialect borrows. */
export const LIGHT = {
  main: base,
  create: `${base}#create`,
  configuration: `${base}#configuration`,
  affiliations: `${base}#affiliations`,
  info: `${base}#info`,
  destroy: `${base}#destroy`,
  blocking: `${base}#blocking`,
  muc,
  user: `${muc}#user`,
  admin: `${muc}#admin`,
  owner: `${muc}#owner`,
  roomConfig: `${muc}#roomconfig`,
  privacy: 'jabber:iq:privacy',
} as const
