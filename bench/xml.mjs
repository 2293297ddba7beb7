// Microseconds a stanza through the scanner, one stanza a chunk, on the built code: `npm run build && node bench/xml.mjs`.
import { performance } from 'node:perf_hooks'
import { defaultLimits } from '../dist/xml/limits.js'
import { XmlScanner } from '../dist/xml/scanner.js'

const header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
const items = Array.from(
  { length: 50 },
  (_, i) =>
    `<item jid='contact${i}@example.org' name='Contact number ${i}' subscription='both'><group>Friends</group></item>`,
)
const stanzas = {
  message: `<message to='juliet@capulet.example/balcony' from='romeo@montague.example/orchard' id='ktx72v49' type='chat' xml:lang='en'><body>Art thou not Romeo, and a Montague?</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><origin-id xmlns='urn:xmpp:sid:0' id='ktx72v49'/></message>`,
  presence: `<presence to='romeo@montague.example' id='p1'><show>away</show><status>be right back</status><priority>5</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://code.example/client' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/><x xmlns='vcard-temp:x:update'><photo>sha1-hash-of-image</photo></x></presence>`,
  roster: `<iq type='result' id='r1' to='juliet@capulet.example/balcony'><query xmlns='jabber:iq:roster' ver='ver7'>${items.join('')}</query></iq>`,
  avatar: `<iq type='set' id='a1'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='urn:xmpp:avatar:data'><item id='111f4b3c'><data xmlns='urn:xmpp:avatar:data'>${'qANQR1DBwU4DX7jmYZnncm'.repeat(380)}</data></item></publish></pubsub></iq>`,
}

let count = 0
let length = 0
// What routing asks of an element: whom it is for, and the pieces it is sent on in.
const routed = (raw) => {
  count += raw.kids.length
  length += raw.attr('to')?.length ?? 0
  length += raw.attributesWire(['from']).length + raw.innerWire().length
}
const scanned = (raw) => {
  count += raw.kids.length
}
const sink = { opened() {}, closed() {}, element: scanned }
const routing = { opened() {}, closed() {}, element: routed }

function measure(to, text) {
  const scanner = new XmlScanner(to, defaultLimits)
  const open = Buffer.from(header)
  scanner.push(open, open.length)
  const bytes = Buffer.from(text)
  const turns = Math.ceil(60_000_000 / (bytes.length + 300))
  let best = Infinity
  for (let round = 0; round < 7; round++) {
    const start = performance.now()
    for (let i = 0; i < turns; i++) scanner.push(bytes, bytes.length)
    best = Math.min(best, (performance.now() - start) / turns)
  }
  return (best * 1000).toFixed(2)
}

for (const [name, text] of Object.entries(stanzas)) {
  console.log(
    name.padEnd(9),
    `${Buffer.byteLength(text)} B`.padStart(8),
    `${measure(sink, text)} us`.padStart(10),
    'scanned,',
    measure(routing, text),
    'us with pieces',
  )
}
if (count === 0) console.log(length)
