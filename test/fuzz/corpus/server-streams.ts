import { stanzas } from './stanzas.ts'

/** The header of another server. */
export const serverOpening = `<stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams' from='peer.test' to='localhost' version='1.0'>`

/** A claim that is believed. */
export const serverClaim = `<db:result from='peer.test' to='localhost'>key</db:result>`

const headers = [
  serverOpening,
  serverOpening.replace(` version='1.0'`, ''),
  serverOpening.replace(` to='localhost'`, ''),
  serverOpening.replace('localhost', 'nowhere.test'),
  serverOpening.replace('jabber:server', 'jabber:client'),
  `<?xml version='1.0'?>${serverOpening}`,
]

const before = [
  serverClaim,
  serverClaim.replace('peer.test', 'localhost'),
  serverClaim.replace('localhost', 'nowhere.test'),
  `<db:result from='peer.test' to='localhost' type='valid'/>`,
  `<db:verify from='peer.test' to='localhost' id='x'>key</db:verify>`,
  `<db:verify from='peer.test' to='localhost' id='x' type='valid'/>`,
  `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`,
  `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>cGVlci50ZXN0</auth>`,
  `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>`,
  `<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`,
  `<bidi xmlns='urn:xmpp:bidi'/>`,
  `<message from='a@peer.test' to='alice@localhost'><body>Hi</body></message>`,
  `<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`,
  `<stream:features/>`,
]

const addresses = `from='a@peer.test/x' to='alice@localhost'`
const proven = [
  ...before,
  `<presence ${addresses} type='subscribe'/>`,
  `<presence ${addresses} type='subscribed'/>`,
  `<presence ${addresses} type='probe'/>`,
  `<presence ${addresses}><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='dmVy'/></presence>`,
  `<presence ${addresses} type='unavailable'/>`,
  `<iq ${addresses} type='get' id='1'><vCard xmlns='vcard-temp'/></iq>`,
  `<iq ${addresses} type='result' id='1'/>`,
  `<iq ${addresses} type='get'/>`,
  `<iq from='a@peer.test/x' to='localhost' type='get' id='2'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
  `<message ${addresses} type='error'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
  `<message xmlns='jabber:server' ${addresses}><body xmlns='jabber:server'>Hi</body></message>`,
  ...stanzas.map((stanza) => stanza.replace(/^<(message|presence|iq)([^>]*?)(\/?)>/, `<$1 ${addresses}$3>`)),
]

/** What is sent in a state, the way there, and how it is known. */
export const serverStages = {
  header: { way: '', sign: '', corpus: headers },
  before: { way: serverOpening, sign: '</stream:features>', corpus: before },
  proven: { way: serverOpening + serverClaim, sign: "type='valid'/>", corpus: proven },
} as const
