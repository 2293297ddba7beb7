import { stanzas } from './stanzas.ts'

export const componentOpening = (name: string) =>
  `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='${name}'>`

const opening = componentOpening('peer.test')
const headers = [
  opening,
  opening.replace(` to='peer.test'`, ''),
  opening.replace('peer.test', 'a@peer.test'),
  opening.replace('jabber:component:accept', 'jabber:client'),
  opening.replace('jabber:component:accept', 'jabber:component:connect'),
  opening.replace('>', ` is_subdomain='true' version='1.0'>`),
  `<?xml version='1.0'?>${opening}`,
]

const before = [
  '<handshake/>',
  '<handshake>b09ea9b3b7f586be8a08d0a3dd7466f110aeb136</handshake>',
  `<handshake xmlns='urn:strange'>0</handshake>`,
  `<message from='a@peer.test' to='alice@localhost'><body>Hi</body></message>`,
  `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`,
  `<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`,
]

/** What a component of this name should not send, and some that it may. */
function established(name: string): string[] {
  const addresses = `from='a@${name}/x' to='alice@localhost'`
  return [
    ...before,
    `<presence ${addresses} type='subscribe'/>`,
    `<presence ${addresses} type='subscribed'/>`,
    `<presence ${addresses} type='probe'/>`,
    `<presence ${addresses} type='unavailable'/>`,
    `<iq ${addresses} type='get' id='1'><vCard xmlns='vcard-temp'/></iq>`,
    `<iq ${addresses} type='result' id='1'/>`,
    `<iq ${addresses} type='get'/>`,
    `<iq from='${name}' to='localhost' type='get' id='2'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>`,
    `<message ${addresses} type='error'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
    `<message xmlns='jabber:component:accept' ${addresses}><body xmlns='jabber:component:accept'>Hi</body></message>`,
    `<message from='alice@localhost' to='alice@localhost'><body>Hi</body></message>`,
    `<message from='${name}' to='${name}'><body>Hi</body></message>`,
    `<message from='${name}'/>`,
    `<hello from='${name}' to='localhost'>x<b/></hello>`,
    ...stanzas.map((stanza) => stanza.replace(/^<(message|presence|iq)([^>]*?)(\/?)>/, `<$1 ${addresses}$3>`)),
  ]
}

/** What is sent in a state. */
export const componentStages = {
  header: () => headers,
  before: () => before,
  established,
} as const
