import type { ConnectionOptions } from 'node:tls'
import { describeItem, Inbox, type Item } from './inbox.ts'
import { authenticate, type Credentials, openSecure } from './sign-in.ts'
import { type Address, openTransport, RawStream } from './stream.ts'
import type { TransportKind } from './transport.ts'
import { escapeXml, NS, parseXml, XmlNode } from './xml.ts'

export interface SignInOptions {
  /** How to connect; by default as the whole run does. */
  readonly transport?: TransportKind
  /** The SASL mechanism; by default the strongest of those offered that need no channel binding. */
  readonly mechanism?: string
  /** The priority of the initial presence, or false to send none. */
  readonly presence?: number | false
  /** Ask for the roster before the presence, as people's clients do; only who has asked is sent roster pushes. */
  readonly roster?: boolean
  readonly tls?: ConnectionOptions
}

export interface AskOptions {
  readonly to?: string
  /** By default the answer must be a result; with a condition it must be this error. */
  readonly refused?: string
}

let count = 0

/** A signed-in client that speaks stanzas. */
export class Client extends RawStream {
  /** The full JID that binding gave. */
  jid = ''
  /** The features after authentication. */
  features = new XmlNode('features', NS.stream, {})
  /** True between available and unavailable presence. */
  isAvailable = false
  /** The other clients of the story; {@link receivesNothing} makes sure that what they sent has been handled. */
  peers: () => readonly Client[] = () => []

  static async signIn(
    address: Address,
    user: Credentials,
    resource: string | undefined,
    options: SignInOptions = {},
  ): Promise<Client> {
    const client = await Client.dial(address, options)
    client.name = `${user.local}/${resource ?? ''}`
    client.features = await authenticate(client, user, await openSecure(client), options.mechanism)
    await client.bind(resource)
    return client
  }

  static async dial(address: Address, options: SignInOptions = {}): Promise<Client> {
    const inbox = new Inbox()
    return new Client(
      address,
      inbox,
      await openTransport(address, options.transport ?? 'tcp', options.tls ?? {}, inbox),
    )
  }

  get bare(): string {
    return this.jid.split('/', 1)[0] ?? ''
  }

  get resource(): string {
    return this.jid.slice(this.bare.length + 1)
  }

  /** Binds a resource; without one the server makes its own. */
  async bind(resource?: string): Promise<string> {
    const wanted = resource === undefined ? '' : `<resource>${escapeXml(resource)}</resource>`
    const result = await this.asks(`<bind xmlns='${NS.bind}'>${wanted}</bind>`, 'set')
    this.jid = result.child('bind', NS.bind)?.child('jid')?.text() ?? ''
    this.name = this.jid
    return this.jid
  }

  /** Sends a stanza. It is checked to be well-formed, and where it has to stand by itself it is given its namespace. */
  sends(stanza: string): void {
    const root = parseXml(stanza, NS.client)
    const declared = this.isFramed && root.ns === NS.client && !/^<[^>]*\sxmlns=/.test(stanza)
    this.send(declared ? stanza.replace(/^<[\w:]+/, `$& xmlns='${NS.client}'`) : stanza)
  }

  /** Sends an IQ and waits for its answer, passing over all else, which stays to be received. */
  async asks(payload: string, type: 'get' | 'set' = 'get', { to, refused }: AskOptions = {}): Promise<XmlNode> {
    const id = `ask-${++count}`
    const address = to === undefined ? '' : ` to='${escapeXml(to)}'`
    this.sends(`<iq type='${type}' id='${id}'${address}>${payload}</iq>`)
    const answer = await this.answerTo(id)
    const condition = errorOf(answer)
    if (refused === undefined && answer.attr('type') === 'result') return answer
    if (refused !== undefined && condition === refused) return answer
    throw this.complain(
      `expected ${refused ? `the error ${refused}` : 'a result'} for ${payload}\n  received  ${answer}`,
    )
  }

  /** Waits for the result or error with this id. */
  async answerTo(id: string): Promise<XmlNode> {
    const item = await this.inbox.take((item) => isAnswer(item, id) || item.kind === 'closed')
    if (item?.kind !== 'element') throw this.complain(`no answer to the IQ ${id} came`)
    this.note(item)
    return item.element
  }

  /** Sends initial presence and takes what the server sends back because of it: the client's own presence. */
  async isPresent(priority = 0): Promise<void> {
    const inner = priority === 0 ? '' : `<priority>${priority}</priority>`
    this.sends(`<presence>${inner}</presence>`)
    await this.meets(this.jid)
    this.isAvailable = true
  }

  /** Takes an available presence from this JID, wherever it stands among what came. */
  async meets(jid: string): Promise<void> {
    const item = await this.inbox.take((item) => isPresenceFrom(item, jid))
    if (!item) throw this.complain(`no presence from ${jid} came`)
    this.note(item)
  }

  /** Waits until the server has handled everything this client sent. */
  async isHeard(): Promise<void> {
    await this.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: this.address.domain })
    this.isUnheard = false
  }

  /**
   * Nothing was received that a story has not looked at. The evidence is an answer, not time: what the others sent has been
   * handled, then this client's own ping comes back, and the server keeps the order of what it sends.
   */
  async receivesNothing(): Promise<void> {
    for (const peer of this.peers()) if (peer !== this && peer.isUnheard && !peer.isClosed) await peer.isHeard()
    await this.isHeard()
    const [first] = this.inbox.items
    if (first) throw this.complain(`nothing was expected\n  received  ${describeItem(first)}`)
  }

  /** Takes everything that has come by now, without judging it, once what all clients sent has been handled. */
  async drains(): Promise<XmlNode[]> {
    for (const peer of this.peers()) if (peer !== this && !peer.isClosed) await peer.isHeard()
    await this.isHeard()
    const elements: XmlNode[] = []
    for (let item = this.inbox.takeNow(() => true); item; item = this.inbox.takeNow(() => true)) {
      this.note(item)
      if (item.kind === 'element') elements.push(item.element)
    }
    return elements
  }

  /** Asks for the own roster and returns its items. */
  async roster(): Promise<XmlNode[]> {
    const result = await this.asks(`<query xmlns='${NS.roster}'/>`)
    return result.child('query', NS.roster)?.elements() ?? []
  }

  /** Ends the stream in order and waits for the server to do the same. */
  async leaves(): Promise<void> {
    this.end()
    const item = await this.inbox.take((item) => item.kind === 'closed')
    if (!item) throw this.complain('the server did not close the connection')
  }
}

/** The condition of a stanza error; undefined when there is none. */
export function errorOf(stanza: XmlNode): string | undefined {
  const error = stanza.child('error', NS.client)
  return error?.elements().find((node) => node.ns === NS.stanzaErrors && node.name !== 'text')?.name
}

function isAnswer(item: Item, id: string): boolean {
  if (item.kind !== 'element' || item.element.name !== 'iq' || item.element.attr('id') !== id) return false
  return ['result', 'error'].includes(item.element.attr('type') ?? '')
}

function isPresenceFrom(item: Item, jid: string): boolean {
  if (item.kind !== 'element' || item.element.name !== 'presence') return false
  return item.element.attr('from') === jid && item.element.attr('type') === undefined
}
