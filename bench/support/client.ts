import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { clientFirst, finish } from './scram.ts'
import { Splitter } from './splitter.ts'

/** Where the server is and how to go to it. */
export interface Target {
  port: number
  tlsPort: number
  domain: string
  pid: number
}

export interface LoginOptions {
  target: Target
  user: string
  isTls?: boolean
  mechanism?: 'PLAIN' | 'SCRAM-SHA-1'
  /** `bench` unless given. */
  resource?: string
  /** Also asks for the roster, sends presence and waits for the answer to a ping. */
  withPresence?: boolean
}

/** Every user's password. */
const password = 'secret'

const streamNs = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'"

function attributeOf(tag: string, name: string): string | undefined {
  const head = tag.slice(0, tag.indexOf('>'))
  return new RegExp(`\\s${name}=['"]([^'"]*)`).exec(head)?.[1]
}

/** A client over a raw socket: just enough XMPP to load a server, one object with no closures a session. */
export class Client {
  readonly user: string
  /** Called with each element once the session is up. */
  onElement: (element: string) => void = () => {}
  /** Called when the server ends the connection. */
  onClosed: () => void = () => {}
  readonly #target: Target
  readonly #splitter = new Splitter((element) => this.#take(element))
  #socket: Socket | undefined
  #outgoing = ''
  #inbox: string[] = []
  #awaited: { resolve: (element: string) => void; reject: (error: Error) => void } | undefined
  #isUp = false
  #isEnding = false

  constructor(target: Target, user: string) {
    this.#target = target
    this.user = user
  }

  get jid(): string {
    return `${this.user}@${this.#target.domain}`
  }

  /** Sends at the end of this turn, together with what else is sent in it. */
  send(text: string): void {
    if (this.#outgoing === '') setImmediate(flush, this)
    this.#outgoing += text
  }

  flush(): void {
    const text = this.#outgoing
    this.#outgoing = ''
    this.#socket?.write(text, 'latin1')
  }

  /** Sends and waits for the next element that is for us. */
  async ask(text: string): Promise<string> {
    this.send(text)
    return this.#next()
  }

  end(): void {
    this.#isEnding = true
    this.#socket?.end('</stream:stream>')
  }

  /** Drops the connection without a word. */
  destroy(): void {
    this.#isEnding = true
    this.#socket?.destroy()
  }

  async login(options: Omit<LoginOptions, 'target' | 'user'>): Promise<void> {
    const { isTls, mechanism = 'PLAIN', withPresence, resource = 'bench' } = options
    await this.#open(isTls === true)
    if (mechanism === 'PLAIN') await this.#plain()
    else await this.#scram()
    await this.#openStream()
    const bound = await this.ask(
      `<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${resource}</resource></bind></iq>`,
    )
    if (attributeOf(bound, 'type') !== 'result') throw new Error(`bind: ${bound}`)
    if (withPresence) await this.#appear()
    this.#isUp = true
  }

  /** Makes the account (XEP-0077). One that exists is good enough. */
  async register(): Promise<void> {
    await this.#open(false)
    const fields = `<username>${this.user}</username><password>${password}</password>`
    const answer = await this.ask(`<iq type='set' id='r'><query xmlns='jabber:iq:register'>${fields}</query></iq>`)
    if (attributeOf(answer, 'type') !== 'result' && !answer.includes('<conflict'))
      throw new Error(`register: ${answer}`)
    this.end()
  }

  async #open(isTls: boolean): Promise<void> {
    const { port, tlsPort, domain } = this.#target
    const options = { host: '127.0.0.1', port: isTls ? tlsPort : port }
    const socket = isTls
      ? connectTls({ ...options, rejectUnauthorized: false, servername: domain, ALPNProtocols: ['xmpp-client'] })
      : connect(options)
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#splitter.push(text))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error(`${this.user}: connection closed`)))
    await this.#openStream()
  }

  async #openStream(): Promise<void> {
    this.#splitter.restart()
    this.send(`<?xml version='1.0'?><stream:stream to='${this.#target.domain}' ${streamNs}>`)
    const header = await this.#next()
    if (!header.includes('<stream:stream')) throw new Error(`stream: ${header}`)
    const features = await this.#next()
    if (!features.startsWith('<stream:features')) throw new Error(`features: ${features}`)
  }

  async #plain(): Promise<void> {
    const response = Buffer.from(`\0${this.user}\0${password}`).toString('base64')
    const answer = await this.ask(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${response}</auth>`)
    if (!answer.startsWith('<success')) throw new Error(`PLAIN: ${answer}`)
  }

  async #scram(): Promise<void> {
    const first = clientFirst(this.user)
    const auth = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>${first.message}</auth>`
    const challenge = />([^<]+)</.exec(await this.ask(auth))?.[1]
    if (challenge === undefined) throw new Error(`${this.user}: no SCRAM challenge`)
    const { message, verifier } = finish(first, challenge, password)
    const success = await this.ask(`<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${message}</response>`)
    if (!success.startsWith('<success') || !success.includes(verifier)) throw new Error(`SCRAM: ${success}`)
  }

  async #appear(): Promise<void> {
    const ping = `<iq type='get' id='p' to='${this.#target.domain}'><ping xmlns='urn:xmpp:ping'/></iq>`
    this.send(`<iq type='get' id='o'><query xmlns='jabber:iq:roster'/></iq><presence/>${ping}`)
    while (attributeOf(await this.#next(), 'id') !== 'p');
  }

  #take(element: string): void {
    if (this.#isUp) this.onElement(element)
    else if (this.#awaited === undefined) this.#inbox.push(element)
    else {
      const { resolve } = this.#awaited
      this.#awaited = undefined
      resolve(element)
    }
  }

  #next(): Promise<string> {
    const element = this.#inbox.shift()
    if (element !== undefined) return Promise.resolve(element)
    return new Promise((resolve, reject) => {
      this.#awaited = { resolve, reject }
    })
  }

  #fail(error: Error): void {
    this.#awaited?.reject(error)
    this.#awaited = undefined
    if (!this.#isEnding) this.onClosed()
    this.#isEnding = true
  }
}

function flush(client: Client): void {
  client.flush()
}

/** Opens a session. */
export async function login({ target, user, ...options }: LoginOptions): Promise<Client> {
  const client = new Client(target, user)
  await client.login(options)
  return client
}

/** Does `work` for 0 to `count - 1`, at most `concurrency` at a time; results in order. */
export async function forEach<T>(
  count: number,
  concurrency: number,
  work: (index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = new Array(count)
  let next = 0
  const worker = async () => {
    while (next < count) {
      const index = next
      next += 1
      results[index] = await work(index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker))
  return results
}
