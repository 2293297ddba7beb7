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

const sasl = [
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
    corpus: [bindTo('x'), bindTo(''), bindTo('x') + session[0], ...session, ...stanzas],
  },
  session: {
    way: (user, resource) => opening + plainAuth(user) + opening + bindTo(resource),
    sign: '<jid>',
    corpus: [...session, ...session, ...session, ...stanzas],
  },
}
