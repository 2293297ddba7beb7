const base = 'http://jabber.org/protocol/pubsub'

/** The namespaces of XEP-0060, and of those that it works with. */
export const PS = {
  pubsub: base,
  owner: `${base}#owner`,
  event: `${base}#event`,
  errors: `${base}#errors`,
  nodeConfig: `${base}#node_config`,
  publishOptions: `${base}#publish-options`,
  subscribeOptions: `${base}#subscribe_options`,
  authorization: `${base}#subscribe_authorization`,
  metaData: `${base}#meta-data`,
  getPending: `${base}#get-pending`,
  shim: 'http://jabber.org/protocol/shim',
  address: 'http://jabber.org/protocol/address',
  commands: 'http://jabber.org/protocol/commands',
  orderBy: 'urn:xmpp:order-by:1',
} as const
