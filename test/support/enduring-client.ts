import { connect, type Socket } from 'node:net'
import { sm } from './managed.ts'
import { NS } from './xml.ts'

interface Sent {
  readonly id: string
  readonly to: string
}

const wrap = 2 ** 32

/** What an {@link EnduringClient} has been through. */
export interface Fate {
  /** Ids of the messages that the server has acknowledged. */
  readonly acknowledged: Set<string>
  /** Ids of the messages that came back as errors. */
  readonly refused: Set<string>
  /** Ids of the messages received, in the order of arrival. */
  readonly received: string[]
  resumptions: number
  /** Streams that could not be resumed. */
  failures: number
  /** Ids received more than once within one stream, resumptions included. */
  readonly doubled: string[]
}

/**
 * A client that does not give up: with stream management on, it comes back whenever its connection is lost, goes on with its stream
 * and sends again what was not acknowledged. It keeps account of what the server has promised.
 */
export class EnduringClient {
  readonly fate: Fate = {
    acknowledged: new Set(),
    refused: new Set(),
    received: [],
    resumptions: 0,
    failures: 0,
    doubled: [],
  }
  readonly #user: string
  readonly #resource: string
  #port: number
  #socket: Socket | undefined
  #text = ''
  #id = ''
  #isOn = false
  /** Sent and not acknowledged, oldest first. */
  #unacknowledged: Sent[] = []
  /** What the server has acknowledged, and what has come from it. */
  #acknowledged = 0
  #handled = 0
  #inStream = new Set<string>()
  #isLeaving = false
  #look: () => void = () => {}

  constructor(user: string, resource: string, port: number) {
    this.#user = user
    this.#resource = resource
    this.#port = port
  }

  get pending(): number {
    return this.#unacknowledged.length
  }

  /** Those of them that have not come back either. */
  get waiting(): number {
    return this.#unacknowledged.filter(({ id }) => !this.fate.refused.has(id)).length
  }

  get isOn(): boolean {
    return this.#isOn
  }

  /** Connects to the server that listens there, and comes back to it. */
  async comes(port = this.#port): Promise<void> {
    this.#port = port
    this.#socket?.destroy()
    this.#text = ''
    this.#isOn = false
    const socket = connect({ port, host: '127.0.0.1' })
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      if (this.#socket === socket) this.#take(bytes.toString('latin1'))
    })
    socket.on('close', () => {
      if (this.#socket === socket) this.#isOn = false
      this.#look()
    })
    const header = `<stream:stream xmlns='jabber:client' xmlns:stream='${NS.stream}' to='localhost' version='1.0'>`
    const secret = Buffer.from(`\0${this.#user}\0${this.#user}`).toString('base64')
    this.#say(`${header}<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${secret}</auth>${header}`)
    if (this.#id === '') this.#bind()
    else this.#say(`<resume xmlns='${sm}' previd='${this.#id}' h='${this.#handled % wrap}'/>`)
    await this.until(() => this.#isOn || socket.destroyed)
  }

  /** Sends a message, now or when it is connected again, and asks for its acknowledgement. */
  sends(to: string, id: string): void {
    this.#unacknowledged.push({ id, to })
    if (this.#isOn) this.#sendOne({ id, to })
  }

  /** Loses its connection without a word. */
  drops(): void {
    this.#socket?.destroy()
    this.#isOn = false
  }

  /** Ends its stream in order. */
  async leaves(): Promise<void> {
    this.#isLeaving = true
    this.#say('</stream:stream>')
    await this.until(() => this.#socket?.destroyed === true)
  }

  /** Waits until this is so; looks whenever something has come. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        const before = this.#look
        this.#look = () => {
          this.#look = before
          before()
          resolve()
        }
      })
    }
  }

  #bind(): void {
    this.#handled = 0
    this.#acknowledged = 0
    this.#inStream = new Set()
    const bind = `<bind xmlns='${NS.bind}'><resource>${this.#resource}</resource></bind>`
    this.#say(`<iq type='set' id='bind'>${bind}</iq><enable xmlns='${sm}' resume='true'/>`)
  }

  #sendOne({ id, to }: Sent): void {
    this.#say(`<message to='${to}' id='${id}' type='chat'><body>${id}</body></message><r xmlns='${sm}'/>`)
  }

  #say(text: string): void {
    this.#socket?.write(text)
  }

  #take(text: string): void {
    this.#text += text
    const element =
      /<(message|presence|iq)\b[^>]*?(?:\/>|>.*?<\/\1>)|<(?:a|r|enabled|resumed)\b[^>]*\/>|<failed\b.*?<\/failed>/s
    for (;;) {
      const found = element.exec(this.#text)
      if (found === null) break
      this.#text = this.#text.slice(found.index + found[0].length)
      this.#heard(found[0])
    }
    this.#look()
  }

  #heard(text: string): void {
    const attribute = (name: string): string => new RegExp(`\\b${name}='([^']*)'`).exec(text)?.[1] ?? ''
    if (text.startsWith('<a ')) this.#acknowledge(Number(attribute('h')))
    else if (text.startsWith('<r ')) this.#say(`<a xmlns='${sm}' h='${this.#handled % wrap}'/>`)
    else if (text.startsWith('<enabled')) this.#begin(attribute('id'))
    else if (text.startsWith('<resumed')) this.#goOn(Number(attribute('h')))
    else if (text.startsWith('<failed')) this.#beginAnew()
    else this.#stanza(text, attribute('id'))
  }

  #stanza(text: string, id: string): void {
    if (id === 'bind') return
    this.#handled++
    if (!text.startsWith('<message')) return
    if (text.includes(`type='error'`)) {
      this.fate.refused.add(id)
      return
    }
    if (this.#inStream.has(id)) this.fate.doubled.push(id)
    this.#inStream.add(id)
    this.fate.received.push(id)
  }

  #acknowledge(h: number): void {
    const count = (((h - this.#acknowledged) % wrap) + wrap) % wrap
    if (count > this.#unacknowledged.length) throw new Error(`acknowledged ${count} of ${this.pending}`)
    for (const { id } of this.#unacknowledged.splice(0, count)) this.fate.acknowledged.add(id)
    this.#acknowledged = h
  }

  /** The first thing that is sent on a new stream is presence, which counts too. */
  #begin(id: string): void {
    this.#id = id
    this.#acknowledged = 1
    this.#say('<presence/>')
    this.#sendAll()
  }

  #goOn(h: number): void {
    this.fate.resumptions++
    this.#acknowledge(h)
    this.#sendAll()
  }

  #beginAnew(): void {
    this.fate.failures++
    this.#bind()
  }

  #sendAll(): void {
    this.#isOn = !this.#isLeaving
    for (const one of this.#unacknowledged) this.#sendOne(one)
  }
}
