import { connect, type Socket } from 'node:net'
import { NS } from './xml.ts'

/** How long one thing may take, in milliseconds: it bounds a run that fails. */
const patience = 20_000

/** A client on bare TCP that reads only when it wants to. What it is sent is kept as text. */
export class PlainClient {
  readonly #socket: Socket
  readonly #changed = new Set<() => void>()
  received = ''
  #asked = 0
  isClosed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1')
      this.#tell()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
      this.#tell()
    })
  }

  static async connect(port: number): Promise<PlainClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: false })
    const client = new PlainClient(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return client
  }

  /** Signs in by PLAIN, with its name for a password, on a port without TLS; binds and, unless told not to, becomes available. */
  static async signIn(port: number, user: string, resource = 'r', isAvailable = true): Promise<PlainClient> {
    const client = await PlainClient.connect(port)
    const header = `<stream:stream xmlns='jabber:client' xmlns:stream='${NS.stream}' to='localhost' version='1.0'>`
    const secret = Buffer.from(`\0${user}\0${user}`).toString('base64')
    client.says(`${header}<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${secret}</auth>${header}`)
    client.says(`<iq type='set' id='b'><bind xmlns='${NS.bind}'><resource>${resource}</resource></bind></iq>`)
    await client.hears('<jid>')
    if (!isAvailable) return client
    client.says('<presence/>')
    await client.hears(`from='${user}@localhost/${resource}'`)
    client.received = client.received.slice(client.received.indexOf('</iq>') + 5)
    return client
  }

  /** False when the kernel takes no more for now. */
  says(text: string): boolean {
    return this.#socket.write(text)
  }

  /** Waits until what was written has been taken by the kernel, or the connection is gone. */
  async isSent(): Promise<void> {
    await this.#until('writing', () => this.isClosed || this.#socket.writableLength === 0, 'drain')
  }

  /** Has the server answer, so that all that was said before has been handled. */
  async asks(name: string): Promise<void> {
    const id = `${name}-${++this.#asked}`
    this.says(`<iq type='get' id='${id}'><ping xmlns='urn:xmpp:ping'/></iq>`)
    await this.hears(`id='${id}'`)
  }

  /** Waits until this has come. */
  async hears(text: string): Promise<void> {
    await this.#until(text, () => this.received.includes(text))
  }

  async hearsTheEnd(): Promise<void> {
    await this.#until('the end of the connection', () => this.isClosed)
  }

  /** Waits until so many stanzas with this beginning have come. */
  async counts(beginning: string, count: number): Promise<void> {
    await this.#until(`${count} of ${beginning}`, () => this.received.split(beginning).length > count)
  }

  /** Reads nothing until {@link reads}. */
  sleeps(): void {
    this.#socket.pause()
  }

  reads(): void {
    this.#socket.resume()
  }

  leaves(): void {
    this.#socket.destroy()
  }

  #tell(): void {
    for (const look of [...this.#changed]) look()
  }

  #until(what: string, isSo: () => boolean, event = 'data'): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!isSo() && !this.isClosed) return
        clearTimeout(timer)
        this.#changed.delete(look)
        this.#socket.off(event, look)
        if (isSo()) resolve()
        else reject(new Error(`closed while waiting for ${what}; last: ${this.received.slice(-500)}`))
      }
      const timer = setTimeout(() => {
        this.#changed.delete(look)
        reject(new Error(`no ${what} came; last: ${this.received.slice(-500)}`))
      }, patience)
      this.#changed.add(look)
      this.#socket.on(event, look)
      look()
    })
  }
}
