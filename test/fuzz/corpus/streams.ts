import { stanzas } from './stanzas.ts'

export const opening = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>`

/** PLAIN, for a user whose password is `secret`. */
export function plainAuth(user: string): string {
  const payload = Buffer.from(`\0${user}\0secret`).toString('base64')
  return `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${payload}</auth>`
}

export function scramAuth(user: string): string {
  const payload = Buffer.from(`n,,n=${user},r=fyko+d2lbbFgONRv9qkxdawL`).toString('base64')
  return `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>${payload}</auth>`
}

export function bindTo(resource: string): string {
  return `<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${resource}</resource></bind></iq>`
}

function sasl2Auth(user: string, inline: string): string {
  const payload = Buffer.from(`\0${user}\0secret`).toString('base64')
  return `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>${payload}</initial-response>${inline}</authenticate>`
}

const agent = `<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'><software>Fuzz</software><device>None</device></user-agent>`

const sasl = [
  sasl2Auth('fuzz-7', ''),
  sasl2Auth('fuzz-8', agent),
  sasl2Auth('fuzz-9', `${agent}<bind xmlns='urn:xmpp:bind:0'><tag>Fuzz</tag></bind>`),
  sasl2Auth('nobody', `<bind xmlns='urn:xmpp:bind:0'/>`),
  `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='SCRAM-SHA-1'><initial-response>biwsbj1mdXp6LTEscj1hYmM=</initial-response></authenticate>`,
  `<response xmlns='urn:xmpp:sasl:2'>Yz1iaXdzLHI9YSxwPWI9</response>`,
  `<abort xmlns='urn:xmpp:sasl:2'/>`,
  `<next xmlns='urn:xmpp:sasl:2' task='UPGR-SCRAM-SHA-256'/>`,
  plainAuth('fuzz-1'),
  plainAuth('nobody'),
  scramAuth('fuzz-2'),
  `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>`,
  `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>=</auth>`,
  `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1-PLUS'>cD10bHMtZXhwb3J0ZXIsLG49YSxyPWI=</auth>`,
  `<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>Yz1iaXdzLHI9YSxwPWI9</response>`,
  `<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`,
  `<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`,
  `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`,
  `<iq type='get' id='r'><query xmlns='jabber:iq:register'/></iq>`,
  `<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>fuzz-new</username><password>secret</password></query></iq>`,
]

const server = 'localhost'
const people = [
  'fuzz-3@localhost',
  'fuzz-4@localhost',
  'fuzz-5@localhost/r',
  'nobody@localhost',
  'x@elsewhere.example',
  server,
]

function addressed(to: string): string[] {
  return [
    `<message to='${to}' type='chat' id='m'><body>Hi &amp; ho</body></message>`,
    `<message to='${to}' type='groupchat'><body>Hi</body></message>`,
    `<presence to='${to}' type='subscribe'/>`,
    `<presence to='${to}' type='subscribed'/>`,
    `<presence to='${to}' type='unsubscribe'/>`,
    `<presence to='${to}' type='probe'/>`,
    `<presence to='${to}'/>`,
    `<iq to='${to}' type='get' id='v'><vCard xmlns='vcard-temp'/></iq>`,
    `<iq to='${to}' type='get' id='l'><query xmlns='jabber:iq:last'/></iq>`,
    `<iq to='${to}' type='get' id='d'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>`,
    `<iq to='${to}' type='result' id='push1'/>`,
    `<iq to='${to}' type='error' id='q'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
  ]
}

const session = [
  ...people.flatMap(addressed),
  `<presence/>`,
  `<presence><priority>-1</priority></presence>`,
  `<presence type='unavailable'/>`,
  `<iq type='get' id='r'><query xmlns='jabber:iq:roster' ver=''/></iq>`,
  `<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='fuzz-6@localhost' name='Six'><group>A</group></item></query></iq>`,
  `<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='fuzz-6@localhost' subscription='remove'/></query></iq>`,
  `<iq type='set' id='p'><query xmlns='jabber:iq:private'><a xmlns='urn:a'><b/></a></query></iq>`,
  `<iq type='get' id='p'><query xmlns='jabber:iq:private'><a xmlns='urn:a'/></query></iq>`,
  `<iq type='set' id='v'><vCard xmlns='vcard-temp'><FN>Fuzz</FN><N><FAMILY>F</FAMILY></N></vCard></iq>`,
  `<iq type='get' id='t' to='localhost'><time xmlns='urn:xmpp:time'/></iq>`,
  `<iq type='get' id='n' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`,
  `<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>`,
  `<iq type='get' id='s' to='vjud.localhost'><query xmlns='jabber:iq:search'/></iq>`,
  `<iq type='get' id='i'><address xmlns='urn:xmpp:sic:1'/></iq>`,
]

const management = [
  `<enable xmlns='urn:xmpp:sm:3' resume='true'/>`,
  `<enable xmlns='urn:xmpp:sm:3'/>`,
  `<enable xmlns='urn:xmpp:sm:3' resume='1'/><message to='fuzz-3@localhost'><body>Hi</body></message><r xmlns='urn:xmpp:sm:3'/>`,
  `<r xmlns='urn:xmpp:sm:3'/>`,
  `<a xmlns='urn:xmpp:sm:3' h='0'/>`,
  `<a xmlns='urn:xmpp:sm:3' h='4294967295'/>`,
  `<resume xmlns='urn:xmpp:sm:3' previd='AAAAAAAAAAAAAAAAAAAAAAAAAAAA' h='0'/>`,
]

export type Stage = 'header' | 'before' | 'sasl' | 'after' | 'session'

/** For each state of a stream: what brings a connection there, how one sees it, and what a client might say there. */
export const stages: Readonly<
  Record<Stage, { way(user: string, resource: string): string; sign: string; corpus: readonly string[] }>
> = {
  header: {
    way: () => '',
    sign: '',
    corpus: [opening, `<?xml version='1.0'?>${opening}`, `${opening}${sasl[0]}`, `<open/>`],
  },
  before: { way: () => opening, sign: '<mechanisms', corpus: [...sasl, ...stanzas, '</stream:stream>'] },
  sasl: {
    way: (user) => opening + scramAuth(user),
    sign: '<challenge',
    corpus: [...sasl, ...stanzas, '</stream:stream>'],
  },
  after: {
    way: (user) => opening + plainAuth(user) + opening,
    sign: 'xmpp-bind',
    corpus: [bindTo('x'), bindTo(''), bindTo('x') + session[0], ...management, ...session, ...stanzas],
  },
  session: {
    way: (user, resource) => opening + plainAuth(user) + opening + bindTo(resource),
    sign: '<jid>',
    corpus: [...session, ...session, ...session, ...management, ...management, ...stanzas],
  },
}
